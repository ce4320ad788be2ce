/*
 * moons: forward pass, gradients and training step in C (float64).
 *
 *     input x[N,2]
 *     target y[N,1]
 *     param h1_W[2,16]
 *     param h1_b[16]
 *     param h2_W[16,16]
 *     param h2_b[16]
 *     param p_W[16,1]
 *     param p_b[1]
 *     h1_z[n,j] = sum[i](x[n,i] * h1_W[i,j])
 *     h1_z[n,j] += h1_b[j]
 *     h1[n,j] = relu(h1_z[n,j])
 *     h2_z[n,j] = sum[i](h1[n,i] * h2_W[i,j])
 *     h2_z[n,j] += h2_b[j]
 *     h2[n,j] = relu(h2_z[n,j])
 *     p[n,j] = sum[i](h2[n,i] * p_W[i,j])
 *     p[n,j] += p_b[j]
 *     l2 = sum[n,j](h1_W[n,j]**2)
 *     l2 += sum[n,j](h2_W[n,j]**2)
 *     l2 += sum[n,j](p_W[n,j]**2)
 *     loss_sum = sum[n,j](relu(1 - p[n,j] * y[n,j]))
 *     loss = 0.0001 * l2 + loss_sum / N
 *
 * dV stands for d loss / d V. Rows are samples.
 *
 * Arrays are dense and in row-major order; those that are written overlap no other. The
 * caller owns all memory: nothing is allocated, nothing is remembered, and threads that
 * have workspaces of their own do not meet. A function returns 0; or -1 if a size is
 * too small or a label out of range, and then it has computed nothing.
 *
 * Memory in bytes:
 *     2696  parameters, and as much again for their gradients
 *     0  state of the optimizer
 *     528 * N + 67976  workspace
 *     256 * N + 4096  workspace of predict alone
 *
 * Made by symbp 0.1.0 from moons.bp (network dbd387fe6e13bd31):
 *     symbp build moons.bp --target c --dtype float64
 * Do not edit: change the description and build again.
 * This file is yours to use as you like. SPDX-License-Identifier: MIT-0
 */

#ifndef MOONS_H_INCLUDED
#define MOONS_H_INCLUDED

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How many numbers (double) the workspace holds; predict needs less than the others. */
#define MOONS_WORKSPACE(N) (66 * (N) + 8497)
#define MOONS_PREDICT_WORKSPACE(N) (32 * (N) + 512)

/* The parameters; also a gradient for each of them. */
typedef struct moons_params {
    double *h1_W; /* (2, 16) */
    double *h1_b; /* (16,) */
    double *h2_W; /* (16, 16) */
    double *h2_b; /* (16,) */
    double *p_W; /* (16, 1) */
    double *p_b; /* (1,) */
} moons_params;

/* Inputs, targets and labels; a function reads those that it needs. */
typedef struct moons_data {
    const double *x; /* input (N, 2) */
    const double *y; /* target (N, 1) */
} moons_data;

/* The hyper-parameters. */
typedef struct moons_hyper {
    double learning_rate;
} moons_hyper;

/* What the forward pass keeps for the gradients. */
typedef struct moons_tape {
    double *h1; /* (N, 16) */
    double *h2; /* (N, 16) */
    double *p; /* (N, 1) */
} moons_tape;

/* The outputs. */
typedef struct moons_outputs {
    double *p; /* (N, 1) */
} moons_outputs;

/* Computes the outputs. */
int moons_predict(ptrdiff_t N, const moons_params *params, const moons_data *data,
        const moons_outputs *outputs, double *work);

/* Computes the loss and fills the tape. */
int moons_forward(ptrdiff_t N, const moons_params *params, const moons_data *data,
        const moons_tape *tape, double *work, double *loss);

/* Computes the gradient by each parameter from a tape that forward has filled. */
int moons_backward(ptrdiff_t N, const moons_params *params, const moons_data *data,
        const moons_tape *tape, const moons_params *grads, double *work);

/* Computes the loss and its gradient by each parameter. */
int moons_value_and_grad(ptrdiff_t N, const moons_params *params, const moons_data *data,
        const moons_params *grads, double *work, double *loss);

/* Changes parameters and state by one step; gives the loss before it. */
int moons_train_step(ptrdiff_t N, const moons_params *params, const moons_data *data,
        const moons_hyper *hyper, double *work, double *loss);

/* How many numbers (double) the workspace of fit holds; N is that of a batch. */
#define MOONS_FIT_WORKSPACE(N) ((N) * 2 + (N) + MOONS_WORKSPACE(N))

/* How to train. */
typedef struct moons_training {
    ptrdiff_t batch_size; /* rows of a step; the last step of an epoch may have fewer */
    ptrdiff_t start;      /* the number of the first epoch */
    ptrdiff_t epochs;     /* how many are run */
    uint64_t seed;        /* tells, with the number of the epoch, the order of its rows */
    int shuffle;          /* 0: the rows stay in order, as they do if one batch holds them all */
    int (*watch)(void *context, ptrdiff_t epoch, double loss); /* NULL, or called after an epoch */
    int (*pause)(void *context); /* NULL, or called now and then, every few milliseconds */
    void *context; /* is handed to both; if one returns anything but 0, training stops */
} moons_training;

/* Trains: losses[k] becomes the mean loss of epoch start + k. Returns 1 where it was stopped, after
   a whole step. The workspace is aligned as malloc aligns it. */
int moons_fit(ptrdiff_t N, const moons_params *params, const moons_data *data,
        const moons_hyper *hyper, const moons_training *training, double *work, double *losses);

/* Returns the hyper-parameters of the description. */
moons_hyper moons_default_hyper(void);

/* Returns the size of the workspace in bytes. */
size_t moons_workspace_bytes(ptrdiff_t N);

/* Returns the size of the workspace that predict needs, in bytes. */
size_t moons_predict_workspace_bytes(ptrdiff_t N);

/* Returns what tells this build from every other. */
const char *moons_build(void);

#ifdef __cplusplus
}
#endif

#endif
