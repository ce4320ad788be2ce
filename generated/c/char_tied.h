/*
 * char_tied: forward pass, gradients and training step in C (float64).
 *
 *     input x[N,8] in 76
 *     label t[N] in 76
 *     param c[76]
 *     param e_E[76,24]
 *     param h_W[192,64]
 *     param h_b[64]
 *     param z_W[64,24]
 *     param z_b[24]
 *     e[n,k,d] = e_E[x[n,k],d]
 *     flatten[n,i1 + 24 * i0] = e[n,i0,i1]
 *     h_z[n,j] = sum[i](flatten[n,i] * h_W[i,j])
 *     h_z[n,j] += h_b[j]
 *     h[n,j] = tanh(h_z[n,j])
 *     z[n,j] = sum[i](h[n,i] * z_W[i,j])
 *     z[n,j] += z_b[j]
 *     logits[n,k] = sum[d](z[n,d] * e_E[k,d])
 *     logits[n,k] += c[k]
 *     loss_Z[n] = sum[j](exp(logits[n,j]))
 *     loss_sum = sum[n](log(loss_Z[n]) - logits[n,t[n]])
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
 *     126496  parameters, and as much again for their gradients
 *     253000  state of the optimizer
 *     5712 * N + 192032  workspace
 *     2240 * N + 49152  workspace of predict alone
 *
 * Made by symbp 0.1.0 from char_tied.bp (network 27bdb9e33e25213b):
 *     symbp build char_tied.bp --target c --dtype float64
 * Do not edit: change the description and build again.
 * This file is yours to use as you like. SPDX-License-Identifier: MIT-0
 */

#ifndef CHAR_TIED_H_INCLUDED
#define CHAR_TIED_H_INCLUDED

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How many numbers (double) the workspace holds; predict needs less than the others. */
#define CHAR_TIED_WORKSPACE(N) (714 * (N) + 24004)
#define CHAR_TIED_PREDICT_WORKSPACE(N) (280 * (N) + 6144)

/* The parameters; also a gradient for each of them. */
typedef struct char_tied_params {
    double *c; /* (76,) */
    double *e_E; /* (76, 24) */
    double *h_W; /* (192, 64) */
    double *h_b; /* (64,) */
    double *z_W; /* (64, 24) */
    double *z_b; /* (24,) */
} char_tied_params;

/* The state of the optimizer. */
typedef struct char_tied_state {
    double *step; /* () */
    double *c_m; /* (76,) */
    double *c_v; /* (76,) */
    double *e_E_m; /* (76, 24) */
    double *e_E_v; /* (76, 24) */
    double *h_W_m; /* (192, 64) */
    double *h_W_v; /* (192, 64) */
    double *h_b_m; /* (64,) */
    double *h_b_v; /* (64,) */
    double *z_W_m; /* (64, 24) */
    double *z_W_v; /* (64, 24) */
    double *z_b_m; /* (24,) */
    double *z_b_v; /* (24,) */
} char_tied_state;

/* Inputs, targets and labels; a function reads those that it needs. */
typedef struct char_tied_data {
    const ptrdiff_t *x; /* input (N, 8) in 0 .. 76-1 */
    const ptrdiff_t *t; /* label (N,) in 0 .. 76-1 */
} char_tied_data;

/* The hyper-parameters. */
typedef struct char_tied_hyper {
    double learning_rate;
    double beta1;
    double beta2;
    double epsilon;
} char_tied_hyper;

/* What the forward pass keeps for the gradients. */
typedef struct char_tied_tape {
    double *flatten; /* (N, 192) */
    double *h; /* (N, 64) */
    double *z; /* (N, 24) */
    double *loss_Z_shifted; /* (N,) */
    double *v1; /* (N, 76) */
} char_tied_tape;

/* The outputs. */
typedef struct char_tied_outputs {
    double *logits; /* (N, 76) */
} char_tied_outputs;

/* Computes the outputs. */
int char_tied_predict(ptrdiff_t N, const char_tied_params *params, const char_tied_data *data,
        const char_tied_outputs *outputs, double *work);

/* Computes the loss and fills the tape. */
int char_tied_forward(ptrdiff_t N, const char_tied_params *params, const char_tied_data *data,
        const char_tied_tape *tape, double *work, double *loss);

/* Computes the gradient by each parameter from a tape that forward has filled. */
int char_tied_backward(ptrdiff_t N, const char_tied_params *params, const char_tied_data *data,
        const char_tied_tape *tape, const char_tied_params *grads, double *work);

/* Computes the loss and its gradient by each parameter. */
int char_tied_value_and_grad(ptrdiff_t N, const char_tied_params *params,
        const char_tied_data *data, const char_tied_params *grads, double *work, double *loss);

/* Changes parameters and state by one step; gives the loss before it. */
int char_tied_train_step(ptrdiff_t N, const char_tied_params *params, const char_tied_state *state,
        const char_tied_data *data, const char_tied_hyper *hyper, double *work, double *loss);

/* How many numbers (double) the workspace of fit holds; N is that of a batch. */
#define CHAR_TIED_FIT_WORKSPACE(N) ((N) * 8 + (N) + CHAR_TIED_WORKSPACE(N))

/* How to train. */
typedef struct char_tied_training {
    ptrdiff_t batch_size; /* rows of a step; the last step of an epoch may have fewer */
    ptrdiff_t start;      /* the number of the first epoch */
    ptrdiff_t epochs;     /* how many are run */
    uint64_t seed;        /* tells, with the number of the epoch, the order of its rows */
    int shuffle;          /* 0: the rows stay in order, as they do if one batch holds them all */
    int (*watch)(void *context, ptrdiff_t epoch, double loss); /* NULL, or called after an epoch */
    int (*pause)(void *context); /* NULL, or called now and then, every few milliseconds */
    void *context; /* is handed to both; if one returns anything but 0, training stops */
} char_tied_training;

/* Trains: losses[k] becomes the mean loss of epoch start + k. Returns 1 where it was stopped, after
   a whole step. The workspace is aligned as malloc aligns it. */
int char_tied_fit(ptrdiff_t N, const char_tied_params *params, const char_tied_state *state,
        const char_tied_data *data, const char_tied_hyper *hyper,
        const char_tied_training *training, double *work, double *losses);

/* Returns the hyper-parameters of the description. */
char_tied_hyper char_tied_default_hyper(void);

/* Returns the size of the workspace in bytes. */
size_t char_tied_workspace_bytes(ptrdiff_t N);

/* Returns the size of the workspace that predict needs, in bytes. */
size_t char_tied_predict_workspace_bytes(ptrdiff_t N);

/* Returns what tells this build from every other. */
const char *char_tied_build(void);

#ifdef __cplusplus
}
#endif

#endif
