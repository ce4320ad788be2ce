/*
 * xor: forward pass, gradients and training step in C (float64).
 *
 *     input x[N,2]
 *     target y[N,1]
 *     param W1[2,4]
 *     param b1[4]
 *     param W2[4,1]
 *     param b2[1]
 *     h_z[n,j] = sum[i](x[n,i] * W1[i,j])
 *     h_z[n,j] += b1[j]
 *     h[n,j] = sigmoid(h_z[n,j])
 *     p_z[n,k] = sum[j](h[n,j] * W2[j,k])
 *     p_z[n,k] += b2[k]
 *     p[n,k] = sigmoid(p_z[n,k])
 *     loss_sum = sum[n,k]((p[n,k] - y[n,k])**2)
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
 *     136  parameters, and as much again for their gradients
 *     0  state of the optimizer
 *     48 * N  workspace
 *     0  workspace of predict alone
 *
 * Made by symbp 0.1.0 from xor.bp (network 9467f7ddbf9cc7a9):
 *     symbp build xor.bp --target c --dtype float64
 * Do not edit: change the description and build again.
 * This file is yours to use as you like. SPDX-License-Identifier: MIT-0
 */

#ifndef XOR_H_INCLUDED
#define XOR_H_INCLUDED

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How many numbers (double) the workspace holds; predict needs less than the others. */
#define XOR_WORKSPACE(N) (6 * (N))
#define XOR_PREDICT_WORKSPACE(N) (1)

/* The parameters; also a gradient for each of them. */
typedef struct xor_params {
    double *W1; /* (2, 4) */
    double *b1; /* (4,) */
    double *W2; /* (4, 1) */
    double *b2; /* (1,) */
} xor_params;

/* Inputs, targets and labels; a function reads those that it needs. */
typedef struct xor_data {
    const double *x; /* input (N, 2) */
    const double *y; /* target (N, 1) */
} xor_data;

/* The hyper-parameters. */
typedef struct xor_hyper {
    double learning_rate;
} xor_hyper;

/* What the forward pass keeps for the gradients. */
typedef struct xor_tape {
    double *h; /* (N, 4) */
    double *p; /* (N, 1) */
    double *v1; /* (N, 1) */
} xor_tape;

/* The outputs. */
typedef struct xor_outputs {
    double *p; /* (N, 1) */
} xor_outputs;

/* Computes the outputs. */
int xor_predict(ptrdiff_t N, const xor_params *params, const xor_data *data,
        const xor_outputs *outputs, double *work);

/* Computes the loss and fills the tape. */
int xor_forward(ptrdiff_t N, const xor_params *params, const xor_data *data, const xor_tape *tape,
        double *work, double *loss);

/* Computes the gradient by each parameter from a tape that forward has filled. */
int xor_backward(ptrdiff_t N, const xor_params *params, const xor_data *data, const xor_tape *tape,
        const xor_params *grads, double *work);

/* Computes the loss and its gradient by each parameter. */
int xor_value_and_grad(ptrdiff_t N, const xor_params *params, const xor_data *data,
        const xor_params *grads, double *work, double *loss);

/* Changes parameters and state by one step; gives the loss before it. */
int xor_train_step(ptrdiff_t N, const xor_params *params, const xor_data *data,
        const xor_hyper *hyper, double *work, double *loss);

/* How many numbers (double) the workspace of fit holds; N is that of a batch. */
#define XOR_FIT_WORKSPACE(N) ((N) * 2 + (N) + XOR_WORKSPACE(N))

/* How to train. */
typedef struct xor_training {
    ptrdiff_t batch_size; /* rows of a step; the last step of an epoch may have fewer */
    ptrdiff_t start;      /* the number of the first epoch */
    ptrdiff_t epochs;     /* how many are run */
    uint64_t seed;        /* tells, with the number of the epoch, the order of its rows */
    int shuffle;          /* 0: the rows stay in order, as they do if one batch holds them all */
    int (*watch)(void *context, ptrdiff_t epoch, double loss); /* NULL, or called after an epoch */
    int (*pause)(void *context); /* NULL, or called now and then, every few milliseconds */
    void *context; /* is handed to both; if one returns anything but 0, training stops */
} xor_training;

/* Trains: losses[k] becomes the mean loss of epoch start + k. Returns 1 where it was stopped, after
   a whole step. The workspace is aligned as malloc aligns it. */
int xor_fit(ptrdiff_t N, const xor_params *params, const xor_data *data, const xor_hyper *hyper,
        const xor_training *training, double *work, double *losses);

/* Returns the hyper-parameters of the description. */
xor_hyper xor_default_hyper(void);

/* Returns the size of the workspace in bytes. */
size_t xor_workspace_bytes(ptrdiff_t N);

/* Returns the size of the workspace that predict needs, in bytes. */
size_t xor_predict_workspace_bytes(ptrdiff_t N);

/* Returns what tells this build from every other. */
const char *xor_build(void);

#ifdef __cplusplus
}
#endif

#endif
