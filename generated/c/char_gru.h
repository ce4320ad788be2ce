/*
 * char_gru: forward pass, gradients and training step in C (float64).
 *
 *     input x[N,T] in 76
 *     label t[N,T] in 76
 *     param e_E[76,16]
 *     param h_W[16,3,64]
 *     param h_U[64,3,64]
 *     param h_b[3,64]
 *     param h_d[3,64]
 *     param logits_W[64,76]
 *     param logits_b[76]
 *     e[n,k,d] = e_E[x[n,k],d]
 *     value h_h[T + 1,N,64]
 *     h_h[0,n,j] = 0
 *     scan t_2 in T
 *         h_z[t_2,n,g,j] = sum[i](e[n,t_2,i] * h_W[i,g,j])
 *         h_z[t_2,n,g,j] += h_b[g,j]
 *         h_y[t_2,n,g,j] = sum[k](h_h[t_2,n,k] * h_U[k,g,j])
 *         h_y[t_2,n,g,j] += h_d[g,j]
 *         h_s[t_2,n,g,j] = sigmoid(h_y[t_2,n,g,j] + h_z[t_2,n,g,j]) for t_2 in T, n in N, g in 2, j in
 *         64
 *         h_a[t_2,n,j] = tanh(h_s[t_2,n,0,j] * h_y[t_2,n,2,j] + h_z[t_2,n,2,j])
 *         h_h[t_2 + 1,n,j] += (1 - h_s[t_2,n,1,j]) * h_a[t_2,n,j] + h_h[t_2,n,j] * h_s[t_2,n,1,j]
 *     end
 *     h[n,t_2,j] = h_h[t_2 + 1,n,j]
 *     logits[n,k,j] = sum[i](h[n,k,i] * logits_W[i,j])
 *     logits[n,k,j] += logits_b[j]
 *     loss_Z[n,k] = sum[j](exp(logits[n,k,j]))
 *     loss_sum = sum[n,k](log(loss_Z[n,k]) - logits[n,k,t[n,k]])
 *     loss = loss_sum / (N * T)
 *
 * dV stands for d loss / d V. Rows are samples.
 *
 * Arrays are dense and in row-major order; those that are written overlap no other. The
 * caller owns all memory: nothing is allocated, nothing is remembered, and threads that
 * have workspaces of their own do not meet. A function returns 0; or -1 if a size is
 * too small or a label out of range, and then it has computed nothing.
 *
 * Memory in bytes:
 *     175200  parameters, and as much again for their gradients
 *     350408  state of the optimizer
 *     1024 * N + 14160 * N * T + 239200  workspace
 *     512 * N + 5120 * N * T + 16384  workspace of predict alone
 *
 * Made by symbp 0.1.0 from char_gru.bp (network 5667b39f7c403b16):
 *     symbp build char_gru.bp --target c --dtype float64
 * Do not edit: change the description and build again.
 * This file is yours to use as you like. SPDX-License-Identifier: MIT-0
 */

#ifndef CHAR_GRU_H_INCLUDED
#define CHAR_GRU_H_INCLUDED

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How many numbers (double) the workspace holds; predict needs less than the others. */
#define CHAR_GRU_WORKSPACE(N, T) (128 * (N) + 1770 * (N) * (T) + 29900)
#define CHAR_GRU_PREDICT_WORKSPACE(N, T) (64 * (N) + 640 * (N) * (T) + 2048)

/* The parameters; also a gradient for each of them. */
typedef struct char_gru_params {
    double *e_E; /* (76, 16) */
    double *h_W; /* (16, 3, 64) */
    double *h_U; /* (64, 3, 64) */
    double *h_b; /* (3, 64) */
    double *h_d; /* (3, 64) */
    double *logits_W; /* (64, 76) */
    double *logits_b; /* (76,) */
} char_gru_params;

/* The state of the optimizer. */
typedef struct char_gru_state {
    double *step; /* () */
    double *e_E_m; /* (76, 16) */
    double *e_E_v; /* (76, 16) */
    double *h_W_m; /* (16, 3, 64) */
    double *h_W_v; /* (16, 3, 64) */
    double *h_U_m; /* (64, 3, 64) */
    double *h_U_v; /* (64, 3, 64) */
    double *h_b_m; /* (3, 64) */
    double *h_b_v; /* (3, 64) */
    double *h_d_m; /* (3, 64) */
    double *h_d_v; /* (3, 64) */
    double *logits_W_m; /* (64, 76) */
    double *logits_W_v; /* (64, 76) */
    double *logits_b_m; /* (76,) */
    double *logits_b_v; /* (76,) */
} char_gru_state;

/* Inputs, targets and labels; a function reads those that it needs. */
typedef struct char_gru_data {
    const ptrdiff_t *x; /* input (N, T) in 0 .. 76-1 */
    const ptrdiff_t *t; /* label (N, T) in 0 .. 76-1 */
} char_gru_data;

/* The hyper-parameters. */
typedef struct char_gru_hyper {
    double learning_rate;
    double beta1;
    double beta2;
    double epsilon;
} char_gru_hyper;

/* What the forward pass keeps for the gradients. */
typedef struct char_gru_tape {
    double *h_h; /* (T + 1, N, 64) */
    double *h_y; /* (T, N, 3, 64) */
    double *h_s; /* (T, N, 2, 64) */
    double *h_a; /* (T, N, 64) */
    double *h; /* (N, T, 64) */
    double *loss_Z_shifted; /* (N, T) */
    double *v1; /* (N, T, 76) */
} char_gru_tape;

/* The outputs. */
typedef struct char_gru_outputs {
    double *logits; /* (N, T, 76) */
} char_gru_outputs;

/* Computes the outputs. */
int char_gru_predict(ptrdiff_t N, ptrdiff_t T, const char_gru_params *params,
        const char_gru_data *data, const char_gru_outputs *outputs, double *work);

/* Computes the loss and fills the tape. */
int char_gru_forward(ptrdiff_t N, ptrdiff_t T, const char_gru_params *params,
        const char_gru_data *data, const char_gru_tape *tape, double *work, double *loss);

/* Computes the gradient by each parameter from a tape that forward has filled. */
int char_gru_backward(ptrdiff_t N, ptrdiff_t T, const char_gru_params *params,
        const char_gru_data *data, const char_gru_tape *tape, const char_gru_params *grads,
        double *work);

/* Computes the loss and its gradient by each parameter. */
int char_gru_value_and_grad(ptrdiff_t N, ptrdiff_t T, const char_gru_params *params,
        const char_gru_data *data, const char_gru_params *grads, double *work, double *loss);

/* Changes parameters and state by one step; gives the loss before it. */
int char_gru_train_step(ptrdiff_t N, ptrdiff_t T, const char_gru_params *params,
        const char_gru_state *state, const char_gru_data *data, const char_gru_hyper *hyper,
        double *work, double *loss);

/* How many numbers (double) the workspace of fit holds; N is that of a batch. */
#define CHAR_GRU_FIT_WORKSPACE(N, T) ((N) * (T) + (N) * (T) + CHAR_GRU_WORKSPACE(N, T))

/* How to train. */
typedef struct char_gru_training {
    ptrdiff_t batch_size; /* rows of a step; the last step of an epoch may have fewer */
    ptrdiff_t start;      /* the number of the first epoch */
    ptrdiff_t epochs;     /* how many are run */
    uint64_t seed;        /* tells, with the number of the epoch, the order of its rows */
    int shuffle;          /* 0: the rows stay in order, as they do if one batch holds them all */
    int (*watch)(void *context, ptrdiff_t epoch, double loss); /* NULL, or called after an epoch */
    int (*pause)(void *context); /* NULL, or called now and then, every few milliseconds */
    void *context; /* is handed to both; if one returns anything but 0, training stops */
} char_gru_training;

/* Trains: losses[k] becomes the mean loss of epoch start + k. Returns 1 where it was stopped, after
   a whole step. The workspace is aligned as malloc aligns it. */
int char_gru_fit(ptrdiff_t N, ptrdiff_t T, const char_gru_params *params,
        const char_gru_state *state, const char_gru_data *data, const char_gru_hyper *hyper,
        const char_gru_training *training, double *work, double *losses);

/* Returns the hyper-parameters of the description. */
char_gru_hyper char_gru_default_hyper(void);

/* Returns the size of the workspace in bytes. */
size_t char_gru_workspace_bytes(ptrdiff_t N, ptrdiff_t T);

/* Returns the size of the workspace that predict needs, in bytes. */
size_t char_gru_predict_workspace_bytes(ptrdiff_t N, ptrdiff_t T);

/* Returns what tells this build from every other. */
const char *char_gru_build(void);

#ifdef __cplusplus
}
#endif

#endif
