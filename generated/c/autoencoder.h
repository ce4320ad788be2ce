/*
 * autoencoder: forward pass, gradients and training step in C (float64).
 *
 *     input x[N,64]
 *     param a_W[64,64]
 *     param a_b[64]
 *     param code_W[64,8]
 *     param code_b[8]
 *     param b_W[8,64]
 *     param b_b[64]
 *     param p_W[64,64]
 *     param p_b[64]
 *     a_z[n,j] = sum[i](x[n,i] * a_W[i,j])
 *     a_z[n,j] += a_b[j]
 *     a[n,j] = relu(a_z[n,j])
 *     code[n,j] = sum[i](a[n,i] * code_W[i,j])
 *     code[n,j] += code_b[j]
 *     b_z[n,j] = sum[i](code[n,i] * b_W[i,j])
 *     b_z[n,j] += b_b[j]
 *     b[n,j] = relu(b_z[n,j])
 *     p[n,j] = sum[i](b[n,i] * p_W[i,j])
 *     p[n,j] += p_b[j]
 *     loss_sum = sum[n,j]((p[n,j] - x[n,j])**2)
 *     loss = 0.015625 * loss_sum / N
 *
 * dV stands for d loss / d V. Rows are samples.
 *
 * Arrays are dense and in row-major order; those that are written overlap no other. The
 * caller owns all memory: nothing is allocated, nothing is remembered, and threads that
 * have workspaces of their own do not meet. A function returns 0; or -1 if a size is
 * too small or a label out of range, and then it has computed nothing.
 *
 * Memory in bytes:
 *     75328  parameters, and as much again for their gradients
 *     150664  state of the optimizer
 *     2688 * N + 102976  workspace
 *     512 * N + 16384  workspace of predict alone
 *
 * Made by symbp 0.1.0 from autoencoder.bp (network 0a3423ec979d4e29):
 *     symbp build autoencoder.bp --target c --dtype float64
 * Do not edit: change the description and build again.
 * This file is yours to use as you like. SPDX-License-Identifier: MIT-0
 */

#ifndef AUTOENCODER_H_INCLUDED
#define AUTOENCODER_H_INCLUDED

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How many numbers (double) the workspace holds; predict needs less than the others. */
#define AUTOENCODER_WORKSPACE(N) (336 * (N) + 12872)
#define AUTOENCODER_PREDICT_WORKSPACE(N) (64 * (N) + 2048)

/* The parameters; also a gradient for each of them. */
typedef struct autoencoder_params {
    double *a_W; /* (64, 64) */
    double *a_b; /* (64,) */
    double *code_W; /* (64, 8) */
    double *code_b; /* (8,) */
    double *b_W; /* (8, 64) */
    double *b_b; /* (64,) */
    double *p_W; /* (64, 64) */
    double *p_b; /* (64,) */
} autoencoder_params;

/* The state of the optimizer. */
typedef struct autoencoder_state {
    double *t; /* () */
    double *a_W_m; /* (64, 64) */
    double *a_W_v; /* (64, 64) */
    double *a_b_m; /* (64,) */
    double *a_b_v; /* (64,) */
    double *code_W_m; /* (64, 8) */
    double *code_W_v; /* (64, 8) */
    double *code_b_m; /* (8,) */
    double *code_b_v; /* (8,) */
    double *b_W_m; /* (8, 64) */
    double *b_W_v; /* (8, 64) */
    double *b_b_m; /* (64,) */
    double *b_b_v; /* (64,) */
    double *p_W_m; /* (64, 64) */
    double *p_W_v; /* (64, 64) */
    double *p_b_m; /* (64,) */
    double *p_b_v; /* (64,) */
} autoencoder_state;

/* Inputs, targets and labels; a function reads those that it needs. */
typedef struct autoencoder_data {
    const double *x; /* input (N, 64) */
} autoencoder_data;

/* The hyper-parameters. */
typedef struct autoencoder_hyper {
    double learning_rate;
    double beta1;
    double beta2;
    double epsilon;
} autoencoder_hyper;

/* What the forward pass keeps for the gradients. */
typedef struct autoencoder_tape {
    double *a; /* (N, 64) */
    double *code; /* (N, 8) */
    double *b; /* (N, 64) */
    double *v1; /* (N, 64) */
} autoencoder_tape;

/* The outputs. */
typedef struct autoencoder_outputs {
    double *p; /* (N, 64) */
    double *code; /* (N, 8) */
} autoencoder_outputs;

/* Computes the outputs. */
int autoencoder_predict(ptrdiff_t N, const autoencoder_params *params, const autoencoder_data *data,
        const autoencoder_outputs *outputs, double *work);

/* Computes the loss and fills the tape. */
int autoencoder_forward(ptrdiff_t N, const autoencoder_params *params, const autoencoder_data *data,
        const autoencoder_tape *tape, double *work, double *loss);

/* Computes the gradient by each parameter from a tape that forward has filled. */
int autoencoder_backward(ptrdiff_t N, const autoencoder_params *params,
        const autoencoder_data *data, const autoencoder_tape *tape, const autoencoder_params *grads,
        double *work);

/* Computes the loss and its gradient by each parameter. */
int autoencoder_value_and_grad(ptrdiff_t N, const autoencoder_params *params,
        const autoencoder_data *data, const autoencoder_params *grads, double *work, double *loss);

/* Changes parameters and state by one step; gives the loss before it. */
int autoencoder_train_step(ptrdiff_t N, const autoencoder_params *params,
        const autoencoder_state *state, const autoencoder_data *data,
        const autoencoder_hyper *hyper, double *work, double *loss);

/* How many numbers (double) the workspace of fit holds; N is that of a batch. */
#define AUTOENCODER_FIT_WORKSPACE(N) ((N) * 64 + AUTOENCODER_WORKSPACE(N))

/* How to train. */
typedef struct autoencoder_training {
    ptrdiff_t batch_size; /* rows of a step; the last step of an epoch may have fewer */
    ptrdiff_t start;      /* the number of the first epoch */
    ptrdiff_t epochs;     /* how many are run */
    uint64_t seed;        /* tells, with the number of the epoch, the order of its rows */
    int shuffle;          /* 0: the rows stay in order, as they do if one batch holds them all */
    int (*watch)(void *context, ptrdiff_t epoch, double loss); /* NULL, or called after an epoch */
    int (*pause)(void *context); /* NULL, or called now and then, every few milliseconds */
    void *context; /* is handed to both; if one returns anything but 0, training stops */
} autoencoder_training;

/* Trains: losses[k] becomes the mean loss of epoch start + k. Returns 1 where it was stopped, after
   a whole step. The workspace is aligned as malloc aligns it. */
int autoencoder_fit(ptrdiff_t N, const autoencoder_params *params, const autoencoder_state *state,
        const autoencoder_data *data, const autoencoder_hyper *hyper,
        const autoencoder_training *training, double *work, double *losses);

/* Returns the hyper-parameters of the description. */
autoencoder_hyper autoencoder_default_hyper(void);

/* Returns the size of the workspace in bytes. */
size_t autoencoder_workspace_bytes(ptrdiff_t N);

/* Returns the size of the workspace that predict needs, in bytes. */
size_t autoencoder_predict_workspace_bytes(ptrdiff_t N);

/* Returns what tells this build from every other. */
const char *autoencoder_build(void);

#ifdef __cplusplus
}
#endif

#endif
