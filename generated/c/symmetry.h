/*
 * symmetry: forward pass, gradients and training step in C (float64).
 *
 *     input x[N,6]
 *     target y[N,1]
 *     param W1[6,2]
 *     param b1[2]
 *     param W2[2,1]
 *     param b2[1]
 *     h_z[n,j] = sum[i](x[n,i] * W1[i,j])
 *     h_z[n,j] += b1[j]
 *     h[n,j] = sigmoid(h_z[n,j])
 *     p_z[n,k] = sum[j](h[n,j] * W2[j,k])
 *     p_z[n,k] += b2[k]
 *     p[n,k] = sigmoid(p_z[n,k])
 *     loss_sum = sum[n,j]((p[n,j] - y[n,j])**2)
 *     loss = 0.5 * loss_sum
 *
 * dV stands for d loss / d V. Rows are samples.
 *
 * Arrays are dense and in row-major order; those that are written overlap no other. The
 * caller owns all memory: nothing is allocated, nothing is remembered, and threads that
 * have workspaces of their own do not meet. A function returns 0; or -1 if a size is
 * too small or a label out of range, and then it has computed nothing.
 *
 * Memory in bytes:
 *     136  parameters, and as much again for their gradients
 *     136  state of the optimizer
 *     32 * N  workspace
 *     0  workspace of predict alone
 *
 * Made by symbp 0.1.0 from symmetry.bp (network b773ec2b993e13ca):
 *     symbp build symmetry.bp --target c --dtype float64
 * Do not edit: change the description and build again.
 * This file is yours to use as you like. SPDX-License-Identifier: MIT-0
 */

#ifndef SYMMETRY_H_INCLUDED
#define SYMMETRY_H_INCLUDED

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How many numbers (double) the workspace holds; predict needs less than the others. */
#define SYMMETRY_WORKSPACE(N) (4 * (N))
#define SYMMETRY_PREDICT_WORKSPACE(N) (1)

/* The parameters; also a gradient for each of them. */
typedef struct symmetry_params {
    double *W1; /* (6, 2) */
    double *b1; /* (2,) */
    double *W2; /* (2, 1) */
    double *b2; /* (1,) */
} symmetry_params;

/* The state of the optimizer. */
typedef struct symmetry_state {
    double *W1_v; /* (6, 2) */
    double *b1_v; /* (2,) */
    double *W2_v; /* (2, 1) */
    double *b2_v; /* (1,) */
} symmetry_state;

/* Inputs, targets and labels; a function reads those that it needs. */
typedef struct symmetry_data {
    const double *x; /* input (N, 6) */
    const double *y; /* target (N, 1) */
} symmetry_data;

/* The hyper-parameters. */
typedef struct symmetry_hyper {
    double learning_rate;
    double momentum;
} symmetry_hyper;

/* What the forward pass keeps for the gradients. */
typedef struct symmetry_tape {
    double *h; /* (N, 2) */
    double *p; /* (N, 1) */
    double *v1; /* (N, 1) */
} symmetry_tape;

/* The outputs. */
typedef struct symmetry_outputs {
    double *p; /* (N, 1) */
} symmetry_outputs;

/* Computes the outputs. */
int symmetry_predict(ptrdiff_t N, const symmetry_params *params, const symmetry_data *data,
        const symmetry_outputs *outputs, double *work);

/* Computes the loss and fills the tape. */
int symmetry_forward(ptrdiff_t N, const symmetry_params *params, const symmetry_data *data,
        const symmetry_tape *tape, double *work, double *loss);

/* Computes the gradient by each parameter from a tape that forward has filled. */
int symmetry_backward(ptrdiff_t N, const symmetry_params *params, const symmetry_data *data,
        const symmetry_tape *tape, const symmetry_params *grads, double *work);

/* Computes the loss and its gradient by each parameter. */
int symmetry_value_and_grad(ptrdiff_t N, const symmetry_params *params, const symmetry_data *data,
        const symmetry_params *grads, double *work, double *loss);

/* Changes parameters and state by one step; gives the loss before it. */
int symmetry_train_step(ptrdiff_t N, const symmetry_params *params, const symmetry_state *state,
        const symmetry_data *data, const symmetry_hyper *hyper, double *work, double *loss);

/* How many numbers (double) the workspace of fit holds; N is that of a batch. */
#define SYMMETRY_FIT_WORKSPACE(N) ((N) * 6 + (N) + SYMMETRY_WORKSPACE(N))

/* How to train. */
typedef struct symmetry_training {
    ptrdiff_t batch_size; /* rows of a step; the last step of an epoch may have fewer */
    ptrdiff_t start;      /* the number of the first epoch */
    ptrdiff_t epochs;     /* how many are run */
    uint64_t seed;        /* tells, with the number of the epoch, the order of its rows */
    int shuffle;          /* 0: the rows stay in order, as they do if one batch holds them all */
    int (*watch)(void *context, ptrdiff_t epoch, double loss); /* NULL, or called after an epoch */
    int (*pause)(void *context); /* NULL, or called now and then, every few milliseconds */
    void *context; /* is handed to both; if one returns anything but 0, training stops */
} symmetry_training;

/* Trains: losses[k] becomes the mean loss of epoch start + k. Returns 1 where it was stopped, after
   a whole step. The workspace is aligned as malloc aligns it. */
int symmetry_fit(ptrdiff_t N, const symmetry_params *params, const symmetry_state *state,
        const symmetry_data *data, const symmetry_hyper *hyper, const symmetry_training *training,
        double *work, double *losses);

/* Returns the hyper-parameters of the description. */
symmetry_hyper symmetry_default_hyper(void);

/* Returns the size of the workspace in bytes. */
size_t symmetry_workspace_bytes(ptrdiff_t N);

/* Returns the size of the workspace that predict needs, in bytes. */
size_t symmetry_predict_workspace_bytes(ptrdiff_t N);

/* Returns what tells this build from every other. */
const char *symmetry_build(void);

#ifdef __cplusplus
}
#endif

#endif
