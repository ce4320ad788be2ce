/*
 * linear_regression: forward pass, gradients and training step in C (float64).
 *
 *     input x[N]
 *     target y[N]
 *     param a
 *     param b
 *     p[n] = x[n] * a + b
 *     loss_sum = sum[n]((p[n] - y[n])**2)
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
 *     16  parameters, and as much again for their gradients
 *     0  state of the optimizer
 *     8 * N  workspace
 *     0  workspace of predict alone
 *
 * Made by symbp 0.1.0 from linear_regression.bp (network 2e41ed1edc68f34a):
 *     symbp build linear_regression.bp --target c --dtype float64
 * Do not edit: change the description and build again.
 * This file is yours to use as you like. SPDX-License-Identifier: MIT-0
 */

#ifndef LINEAR_REGRESSION_H_INCLUDED
#define LINEAR_REGRESSION_H_INCLUDED

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How many numbers (double) the workspace holds; predict needs less than the others. */
#define LINEAR_REGRESSION_WORKSPACE(N) ((N))
#define LINEAR_REGRESSION_PREDICT_WORKSPACE(N) (1)

/* The parameters; also a gradient for each of them. */
typedef struct linear_regression_params {
    double *a; /* () */
    double *b; /* () */
} linear_regression_params;

/* Inputs, targets and labels; a function reads those that it needs. */
typedef struct linear_regression_data {
    const double *x; /* input (N,) */
    const double *y; /* target (N,) */
} linear_regression_data;

/* The hyper-parameters. */
typedef struct linear_regression_hyper {
    double learning_rate;
} linear_regression_hyper;

/* What the forward pass keeps for the gradients. */
typedef struct linear_regression_tape {
    double *v1; /* (N,) */
} linear_regression_tape;

/* The outputs. */
typedef struct linear_regression_outputs {
    double *p; /* (N,) */
} linear_regression_outputs;

/* Computes the outputs. */
int linear_regression_predict(ptrdiff_t N, const linear_regression_params *params,
        const linear_regression_data *data, const linear_regression_outputs *outputs, double *work);

/* Computes the loss and fills the tape. */
int linear_regression_forward(ptrdiff_t N, const linear_regression_params *params,
        const linear_regression_data *data, const linear_regression_tape *tape, double *work,
        double *loss);

/* Computes the gradient by each parameter from a tape that forward has filled. */
int linear_regression_backward(ptrdiff_t N, const linear_regression_data *data,
        const linear_regression_tape *tape, const linear_regression_params *grads, double *work);

/* Computes the loss and its gradient by each parameter. */
int linear_regression_value_and_grad(ptrdiff_t N, const linear_regression_params *params,
        const linear_regression_data *data, const linear_regression_params *grads, double *work,
        double *loss);

/* Changes parameters and state by one step; gives the loss before it. */
int linear_regression_train_step(ptrdiff_t N, const linear_regression_params *params,
        const linear_regression_data *data, const linear_regression_hyper *hyper, double *work,
        double *loss);

/* How many numbers (double) the workspace of fit holds; N is that of a batch. */
#define LINEAR_REGRESSION_FIT_WORKSPACE(N) ((N) + (N) + LINEAR_REGRESSION_WORKSPACE(N))

/* How to train. */
typedef struct linear_regression_training {
    ptrdiff_t batch_size; /* rows of a step; the last step of an epoch may have fewer */
    ptrdiff_t start;      /* the number of the first epoch */
    ptrdiff_t epochs;     /* how many are run */
    uint64_t seed;        /* tells, with the number of the epoch, the order of its rows */
    int shuffle;          /* 0: the rows stay in order, as they do if one batch holds them all */
    int (*watch)(void *context, ptrdiff_t epoch, double loss); /* NULL, or called after an epoch */
    int (*pause)(void *context); /* NULL, or called now and then, every few milliseconds */
    void *context; /* is handed to both; if one returns anything but 0, training stops */
} linear_regression_training;

/* Trains: losses[k] becomes the mean loss of epoch start + k. Returns 1 where it was stopped, after
   a whole step. The workspace is aligned as malloc aligns it. */
int linear_regression_fit(ptrdiff_t N, const linear_regression_params *params,
        const linear_regression_data *data, const linear_regression_hyper *hyper,
        const linear_regression_training *training, double *work, double *losses);

/* Returns the hyper-parameters of the description. */
linear_regression_hyper linear_regression_default_hyper(void);

/* Returns the size of the workspace in bytes. */
size_t linear_regression_workspace_bytes(ptrdiff_t N);

/* Returns the size of the workspace that predict needs, in bytes. */
size_t linear_regression_predict_workspace_bytes(ptrdiff_t N);

/* Returns what tells this build from every other. */
const char *linear_regression_build(void);

#ifdef __cplusplus
}
#endif

#endif
