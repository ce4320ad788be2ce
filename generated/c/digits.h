/*
 * digits: forward pass, gradients and training step in C (float64).
 *
 *     input x[N,64]
 *     label t[N] in 10
 *     param h_W[64,32]
 *     param h_b[32]
 *     param logits_W[32,10]
 *     param logits_b[10]
 *     h_z[n,j] = sum[i](x[n,i] * h_W[i,j])
 *     h_z[n,j] += h_b[j]
 *     h[n,j] = relu(h_z[n,j])
 *     logits[n,j] = sum[i](h[n,i] * logits_W[i,j])
 *     logits[n,j] += logits_b[j]
 *     output_Z[n] = sum[j](exp(logits[n,j]))
 *     output[n,j] = exp(logits[n,j]) / output_Z[n]
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
 *     19280  parameters, and as much again for their gradients
 *     38568  state of the optimizer
 *     688 * N + 84816  workspace
 *     264 * N + 16384  workspace of predict alone
 *
 * Made by symbp 0.1.0 from digits.bp (network 7a816f8e5d602fc2):
 *     symbp build digits.bp --target c --dtype float64
 * Do not edit: change the description and build again.
 * This file is yours to use as you like. SPDX-License-Identifier: MIT-0
 */

#ifndef DIGITS_H_INCLUDED
#define DIGITS_H_INCLUDED

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How many numbers (double) the workspace holds; predict needs less than the others. */
#define DIGITS_WORKSPACE(N) (86 * (N) + 10602)
#define DIGITS_PREDICT_WORKSPACE(N) (33 * (N) + 2048)

/* The parameters; also a gradient for each of them. */
typedef struct digits_params {
    double *h_W; /* (64, 32) */
    double *h_b; /* (32,) */
    double *logits_W; /* (32, 10) */
    double *logits_b; /* (10,) */
} digits_params;

/* The state of the optimizer. */
typedef struct digits_state {
    double *step; /* () */
    double *h_W_m; /* (64, 32) */
    double *h_W_v; /* (64, 32) */
    double *h_b_m; /* (32,) */
    double *h_b_v; /* (32,) */
    double *logits_W_m; /* (32, 10) */
    double *logits_W_v; /* (32, 10) */
    double *logits_b_m; /* (10,) */
    double *logits_b_v; /* (10,) */
} digits_state;

/* Inputs, targets and labels; a function reads those that it needs. */
typedef struct digits_data {
    const double *x; /* input (N, 64) */
    const ptrdiff_t *t; /* label (N,) in 0 .. 10-1 */
} digits_data;

/* The hyper-parameters. */
typedef struct digits_hyper {
    double learning_rate;
    double beta1;
    double beta2;
    double epsilon;
} digits_hyper;

/* What the forward pass keeps for the gradients. */
typedef struct digits_tape {
    double *h; /* (N, 32) */
    double *output_Z_shifted; /* (N,) */
    double *v1; /* (N, 10) */
} digits_tape;

/* The outputs. */
typedef struct digits_outputs {
    double *output; /* (N, 10) */
} digits_outputs;

/* Computes the outputs. */
int digits_predict(ptrdiff_t N, const digits_params *params, const digits_data *data,
        const digits_outputs *outputs, double *work);

/* Computes the loss and fills the tape. */
int digits_forward(ptrdiff_t N, const digits_params *params, const digits_data *data,
        const digits_tape *tape, double *work, double *loss);

/* Computes the gradient by each parameter from a tape that forward has filled. */
int digits_backward(ptrdiff_t N, const digits_params *params, const digits_data *data,
        const digits_tape *tape, const digits_params *grads, double *work);

/* Computes the loss and its gradient by each parameter. */
int digits_value_and_grad(ptrdiff_t N, const digits_params *params, const digits_data *data,
        const digits_params *grads, double *work, double *loss);

/* Changes parameters and state by one step; gives the loss before it. */
int digits_train_step(ptrdiff_t N, const digits_params *params, const digits_state *state,
        const digits_data *data, const digits_hyper *hyper, double *work, double *loss);

/* How many numbers (double) the workspace of fit holds; N is that of a batch. */
#define DIGITS_FIT_WORKSPACE(N) ((N) + (N) * 64 + DIGITS_WORKSPACE(N))

/* How to train. */
typedef struct digits_training {
    ptrdiff_t batch_size; /* rows of a step; the last step of an epoch may have fewer */
    ptrdiff_t start;      /* the number of the first epoch */
    ptrdiff_t epochs;     /* how many are run */
    uint64_t seed;        /* tells, with the number of the epoch, the order of its rows */
    int shuffle;          /* 0: the rows stay in order, as they do if one batch holds them all */
    int (*watch)(void *context, ptrdiff_t epoch, double loss); /* NULL, or called after an epoch */
    int (*pause)(void *context); /* NULL, or called now and then, every few milliseconds */
    void *context; /* is handed to both; if one returns anything but 0, training stops */
} digits_training;

/* Trains: losses[k] becomes the mean loss of epoch start + k. Returns 1 where it was stopped, after
   a whole step. The workspace is aligned as malloc aligns it. */
int digits_fit(ptrdiff_t N, const digits_params *params, const digits_state *state,
        const digits_data *data, const digits_hyper *hyper, const digits_training *training,
        double *work, double *losses);

/* Returns the hyper-parameters of the description. */
digits_hyper digits_default_hyper(void);

/* Returns the size of the workspace in bytes. */
size_t digits_workspace_bytes(ptrdiff_t N);

/* Returns the size of the workspace that predict needs, in bytes. */
size_t digits_predict_workspace_bytes(ptrdiff_t N);

/* Returns what tells this build from every other. */
const char *digits_build(void);

#ifdef __cplusplus
}
#endif

#endif
