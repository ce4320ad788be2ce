/*
 * sunspots: forward pass, gradients and training step in C (float64).
 *
 *     input x[N,24]
 *     target y[N,1]
 *     param h_W[1,4,16]
 *     param h_U[16,4,16]
 *     param h_b[4,16]
 *     param p_W[16,1]
 *     param p_b[1]
 *     years[n,i0,0] = x[n,i0]
 *     value h_c[25,N,16]
 *     h_c[0,n,j] = 0
 *     value h_h[25,N,16]
 *     h_h[0,n,j] = 0
 *     scan t in 24
 *         h_z[t,n,g,j] = sum[i](years[n,t,i] * h_W[i,g,j])
 *         h_z[t,n,g,j] += h_b[g,j]
 *         h_z[t,n,g,j] += sum[k](h_h[t,n,k] * h_U[k,g,j])
 *         h_s[t,n,g,j] = sigmoid(h_z[t,n,g,j]) for t in 24, n in N, g in 3, j in 16
 *         h_a[t,n,j] = tanh(h_z[t,n,3,j])
 *         h_c[t + 1,n,j] += h_a[t,n,j] * h_s[t,n,0,j] + h_c[t,n,j] * h_s[t,n,1,j]
 *         h_tanh_c[t,n,j] = tanh(h_c[t + 1,n,j])
 *         h_h[t + 1,n,j] += h_tanh_c[t,n,j] * h_s[t,n,2,j]
 *     end
 *     h[n,j] = h_h[24,n,j]
 *     p[n,j] = sum[i](h[n,i] * p_W[i,j])
 *     p[n,j] += p_b[j]
 *     loss_sum = sum[n,j]((p[n,j] - y[n,j])**2)
 *     loss = loss_sum / N
 *
 * dV stands for d loss / d V. Rows are samples.
 *
 * Arrays are dense and in row-major order; those that are written overlap no other. The
 * caller owns all memory: nothing is allocated, nothing is remembered, and threads that
 * have workspaces of their own do not meet. A function returns 0; or -1 if a size is
 * too small or a label out of range, and then it has computed nothing.
 *
 * Memory in bytes:
 *     9352  parameters, and as much again for their gradients
 *     18712  state of the optimizer
 *     65360 * N + 74376  workspace
 *     28096 * N + 4096  workspace of predict alone
 *
 * Made by symbp 0.1.0 from sunspots.bp (network 1bc95c58cda59bc0):
 *     symbp build sunspots.bp --target c --dtype float64
 * Do not edit: change the description and build again.
 * This file is yours to use as you like. SPDX-License-Identifier: MIT-0
 */

#ifndef SUNSPOTS_H_INCLUDED
#define SUNSPOTS_H_INCLUDED

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How many numbers (double) the workspace holds; predict needs less than the others. */
#define SUNSPOTS_WORKSPACE(N) (8170 * (N) + 9297)
#define SUNSPOTS_PREDICT_WORKSPACE(N) (3512 * (N) + 512)

/* The parameters; also a gradient for each of them. */
typedef struct sunspots_params {
    double *h_W; /* (1, 4, 16) */
    double *h_U; /* (16, 4, 16) */
    double *h_b; /* (4, 16) */
    double *p_W; /* (16, 1) */
    double *p_b; /* (1,) */
} sunspots_params;

/* The state of the optimizer. */
typedef struct sunspots_state {
    double *t; /* () */
    double *h_W_m; /* (1, 4, 16) */
    double *h_W_v; /* (1, 4, 16) */
    double *h_U_m; /* (16, 4, 16) */
    double *h_U_v; /* (16, 4, 16) */
    double *h_b_m; /* (4, 16) */
    double *h_b_v; /* (4, 16) */
    double *p_W_m; /* (16, 1) */
    double *p_W_v; /* (16, 1) */
    double *p_b_m; /* (1,) */
    double *p_b_v; /* (1,) */
} sunspots_state;

/* Inputs, targets and labels; a function reads those that it needs. */
typedef struct sunspots_data {
    const double *x; /* input (N, 24) */
    const double *y; /* target (N, 1) */
} sunspots_data;

/* The hyper-parameters. */
typedef struct sunspots_hyper {
    double learning_rate;
    double beta1;
    double beta2;
    double epsilon;
} sunspots_hyper;

/* What the forward pass keeps for the gradients. */
typedef struct sunspots_tape {
    double *years; /* (N, 24, 1) */
    double *h_c; /* (25, N, 16) */
    double *h_h; /* (25, N, 16) */
    double *h_s; /* (24, N, 3, 16) */
    double *h_a; /* (24, N, 16) */
    double *h_tanh_c; /* (24, N, 16) */
    double *v1; /* (N, 1) */
} sunspots_tape;

/* The outputs. */
typedef struct sunspots_outputs {
    double *p; /* (N, 1) */
} sunspots_outputs;

/* Computes the outputs. */
int sunspots_predict(ptrdiff_t N, const sunspots_params *params, const sunspots_data *data,
        const sunspots_outputs *outputs, double *work);

/* Computes the loss and fills the tape. */
int sunspots_forward(ptrdiff_t N, const sunspots_params *params, const sunspots_data *data,
        const sunspots_tape *tape, double *work, double *loss);

/* Computes the gradient by each parameter from a tape that forward has filled. */
int sunspots_backward(ptrdiff_t N, const sunspots_params *params, const sunspots_tape *tape,
        const sunspots_params *grads, double *work);

/* Computes the loss and its gradient by each parameter. */
int sunspots_value_and_grad(ptrdiff_t N, const sunspots_params *params, const sunspots_data *data,
        const sunspots_params *grads, double *work, double *loss);

/* Changes parameters and state by one step; gives the loss before it. */
int sunspots_train_step(ptrdiff_t N, const sunspots_params *params, const sunspots_state *state,
        const sunspots_data *data, const sunspots_hyper *hyper, double *work, double *loss);

/* How many numbers (double) the workspace of fit holds; N is that of a batch. */
#define SUNSPOTS_FIT_WORKSPACE(N) ((N) * 24 + (N) + SUNSPOTS_WORKSPACE(N))

/* How to train. */
typedef struct sunspots_training {
    ptrdiff_t batch_size; /* rows of a step; the last step of an epoch may have fewer */
    ptrdiff_t start;      /* the number of the first epoch */
    ptrdiff_t epochs;     /* how many are run */
    uint64_t seed;        /* tells, with the number of the epoch, the order of its rows */
    int shuffle;          /* 0: the rows stay in order, as they do if one batch holds them all */
    int (*watch)(void *context, ptrdiff_t epoch, double loss); /* NULL, or called after an epoch */
    int (*pause)(void *context); /* NULL, or called now and then, every few milliseconds */
    void *context; /* is handed to both; if one returns anything but 0, training stops */
} sunspots_training;

/* Trains: losses[k] becomes the mean loss of epoch start + k. Returns 1 where it was stopped, after
   a whole step. The workspace is aligned as malloc aligns it. */
int sunspots_fit(ptrdiff_t N, const sunspots_params *params, const sunspots_state *state,
        const sunspots_data *data, const sunspots_hyper *hyper, const sunspots_training *training,
        double *work, double *losses);

/* Returns the hyper-parameters of the description. */
sunspots_hyper sunspots_default_hyper(void);

/* Returns the size of the workspace in bytes. */
size_t sunspots_workspace_bytes(ptrdiff_t N);

/* Returns the size of the workspace that predict needs, in bytes. */
size_t sunspots_predict_workspace_bytes(ptrdiff_t N);

/* Returns what tells this build from every other. */
const char *sunspots_build(void);

#ifdef __cplusplus
}
#endif

#endif
