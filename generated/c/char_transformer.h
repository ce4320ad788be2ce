/*
 * char_transformer: forward pass, gradients and training step in C (float64).
 *
 *     input x[N,T] in 76
 *     label t[N,T] in 76
 *     param e_E[76,32]
 *     param n1_g[32]
 *     param a_Wq[32,32]
 *     param a_Wk[32,32]
 *     param a_Wv[32,32]
 *     param a_Wo[32,32]
 *     param n2_g[32]
 *     param f_W[32,64]
 *     param f_b[64]
 *     param m_W[64,32]
 *     param m_b[32]
 *     param n3_g[32]
 *     param logits_W[32,76]
 *     param logits_b[76]
 *     e[n,k,d] = e_E[x[n,k],d]
 *     h_waves[t_2,d] = where(d % 2 == 0, sin(t_2 * exp(-0.0625 * floor(0.5 * d) * log(10000))),
 *         cos(t_2 * exp(-0.0625 * floor(0.5 * d) * log(10000)))) for t_2 in T, d in 32
 *     h[n,t_2,d] = h_waves[t_2,d] + e[n,t_2,d]
 *     n1_mean_square_sum[n,k] = sum[j](h[n,k,j]**2)
 *     n1_mean_square[n,k] = 0.03125 * n1_mean_square_sum[n,k]
 *     n1[n,k,j] = h[n,k,j] * n1_g[j] / sqrt(n1_mean_square[n,k] + 1e-05)
 *     a_q[n,t_2,j] = sum[i](n1[n,t_2,i] * a_Wq[i,j])
 *     a_k[n,t_2,j] = sum[i](n1[n,t_2,i] * a_Wk[i,j])
 *     a_v[n,t_2,j] = sum[i](n1[n,t_2,i] * a_Wv[i,j])
 *     a_s_sum[n,h_2,t_2,u_2] = sum[d](a_k[n,u_2,d + 16 * h_2] * a_q[n,t_2,d + 16 * h_2]) for n in N,
 *         h_2 in 2, t_2 in T, u_2 in T, d in 16
 *     a_s[n,h_2,t_2,u_2] = 0.25 * a_s_sum[n,h_2,t_2,u_2]
 *     a_seen[n,h_2,t_2,u_2] = where(u_2 <= t_2, a_s[n,h_2,t_2,u_2], -1000000000)
 *     a_Z[n,k,l] = sum[j](exp(a_seen[n,k,l,j]))
 *     a_p[n,h_2,t_2,u_2] = exp(a_seen[n,h_2,t_2,u_2]) / a_Z[n,h_2,t_2]
 *     a_heads[n,t_2,e_2 + 16 * h_2] = sum[u_2](a_v[n,u_2,e_2 + 16 * h_2] * a_p[n,h_2,t_2,u_2])
 *     a[n,t_2,j] = sum[i](a_heads[n,t_2,i] * a_Wo[i,j])
 *     r[n,k,j] = a[n,k,j] + h[n,k,j]
 *     n2_mean_square_sum[n,k] = sum[j](r[n,k,j]**2)
 *     n2_mean_square[n,k] = 0.03125 * n2_mean_square_sum[n,k]
 *     n2[n,k,j] = r[n,k,j] * n2_g[j] / sqrt(n2_mean_square[n,k] + 1e-05)
 *     f_z[n,k,j] = sum[i](n2[n,k,i] * f_W[i,j])
 *     f_z[n,k,j] += f_b[j]
 *     f[n,k,j] = f_z[n,k,j] * normal_cdf(f_z[n,k,j])
 *     m[n,k,j] = sum[i](f[n,k,i] * m_W[i,j])
 *     m[n,k,j] += m_b[j]
 *     u[n,k,j] = m[n,k,j] + r[n,k,j]
 *     n3_mean_square_sum[n,k] = sum[j](u[n,k,j]**2)
 *     n3_mean_square[n,k] = 0.03125 * n3_mean_square_sum[n,k]
 *     n3[n,k,j] = u[n,k,j] * n3_g[j] / sqrt(n3_mean_square[n,k] + 1e-05)
 *     logits[n,k,j] = sum[i](n3[n,k,i] * logits_W[i,j])
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
 *     106592  parameters, and as much again for their gradients
 *     213192  state of the optimizer
 *     32 * N * T**2 + 7192 * N * T + 110944  workspace
 *     16 * N * T**2 + 1816 * N * T + 65536  workspace of predict alone
 *
 * Made by symbp 0.1.0 from char_transformer.bp (network b331bfed12fe83c9):
 *     symbp build char_transformer.bp --target c --dtype float64
 * Do not edit: change the description and build again.
 * This file is yours to use as you like. SPDX-License-Identifier: MIT-0
 */

#ifndef CHAR_TRANSFORMER_H_INCLUDED
#define CHAR_TRANSFORMER_H_INCLUDED

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How many numbers (double) the workspace holds; predict needs less than the others. */
#define CHAR_TRANSFORMER_WORKSPACE(N, T) (4 * (N) * ((T) * (T)) + 899 * (N) * (T) + 13868)
#define CHAR_TRANSFORMER_PREDICT_WORKSPACE(N, T) (2 * (N) * ((T) * (T)) + 227 * (N) * (T) + 8192)

/* The parameters; also a gradient for each of them. */
typedef struct char_transformer_params {
    double *e_E; /* (76, 32) */
    double *n1_g; /* (32,) */
    double *a_Wq; /* (32, 32) */
    double *a_Wk; /* (32, 32) */
    double *a_Wv; /* (32, 32) */
    double *a_Wo; /* (32, 32) */
    double *n2_g; /* (32,) */
    double *f_W; /* (32, 64) */
    double *f_b; /* (64,) */
    double *m_W; /* (64, 32) */
    double *m_b; /* (32,) */
    double *n3_g; /* (32,) */
    double *logits_W; /* (32, 76) */
    double *logits_b; /* (76,) */
} char_transformer_params;

/* The state of the optimizer. */
typedef struct char_transformer_state {
    double *step; /* () */
    double *e_E_m; /* (76, 32) */
    double *e_E_v; /* (76, 32) */
    double *n1_g_m; /* (32,) */
    double *n1_g_v; /* (32,) */
    double *a_Wq_m; /* (32, 32) */
    double *a_Wq_v; /* (32, 32) */
    double *a_Wk_m; /* (32, 32) */
    double *a_Wk_v; /* (32, 32) */
    double *a_Wv_m; /* (32, 32) */
    double *a_Wv_v; /* (32, 32) */
    double *a_Wo_m; /* (32, 32) */
    double *a_Wo_v; /* (32, 32) */
    double *n2_g_m; /* (32,) */
    double *n2_g_v; /* (32,) */
    double *f_W_m; /* (32, 64) */
    double *f_W_v; /* (32, 64) */
    double *f_b_m; /* (64,) */
    double *f_b_v; /* (64,) */
    double *m_W_m; /* (64, 32) */
    double *m_W_v; /* (64, 32) */
    double *m_b_m; /* (32,) */
    double *m_b_v; /* (32,) */
    double *n3_g_m; /* (32,) */
    double *n3_g_v; /* (32,) */
    double *logits_W_m; /* (32, 76) */
    double *logits_W_v; /* (32, 76) */
    double *logits_b_m; /* (76,) */
    double *logits_b_v; /* (76,) */
} char_transformer_state;

/* Inputs, targets and labels; a function reads those that it needs. */
typedef struct char_transformer_data {
    const ptrdiff_t *x; /* input (N, T) in 0 .. 76-1 */
    const ptrdiff_t *t; /* label (N, T) in 0 .. 76-1 */
} char_transformer_data;

/* The hyper-parameters. */
typedef struct char_transformer_hyper {
    double learning_rate;
    double beta1;
    double beta2;
    double epsilon;
} char_transformer_hyper;

/* What the forward pass keeps for the gradients. */
typedef struct char_transformer_tape {
    double *h; /* (N, T, 32) */
    double *n1; /* (N, T, 32) */
    double *a_q; /* (N, T, 32) */
    double *a_k; /* (N, T, 32) */
    double *a_v; /* (N, T, 32) */
    double *a_p; /* (N, 2, T, T) */
    double *a_heads; /* (N, T, 32) */
    double *r; /* (N, T, 32) */
    double *n2; /* (N, T, 32) */
    double *f_z; /* (N, T, 64) */
    double *f; /* (N, T, 64) */
    double *u; /* (N, T, 32) */
    double *n3; /* (N, T, 32) */
    double *loss_Z_shifted; /* (N, T) */
    double *v7; /* (N, T) */
    double *v9; /* (N, T) */
    double *v10; /* (N, T, 64) */
    double *v11; /* (N, T) */
    double *v12; /* (N, T, 76) */
    double *v13; /* (N, T) */
    double *v14; /* (N, T) */
    double *v15; /* (N, T) */
} char_transformer_tape;

/* The outputs. */
typedef struct char_transformer_outputs {
    double *logits; /* (N, T, 76) */
} char_transformer_outputs;

/* Computes the outputs. */
int char_transformer_predict(ptrdiff_t N, ptrdiff_t T, const char_transformer_params *params,
        const char_transformer_data *data, const char_transformer_outputs *outputs, double *work);

/* Computes the loss and fills the tape. */
int char_transformer_forward(ptrdiff_t N, ptrdiff_t T, const char_transformer_params *params,
        const char_transformer_data *data, const char_transformer_tape *tape, double *work,
        double *loss);

/* Computes the gradient by each parameter from a tape that forward has filled. */
int char_transformer_backward(ptrdiff_t N, ptrdiff_t T, const char_transformer_params *params,
        const char_transformer_data *data, const char_transformer_tape *tape,
        const char_transformer_params *grads, double *work);

/* Computes the loss and its gradient by each parameter. */
int char_transformer_value_and_grad(ptrdiff_t N, ptrdiff_t T, const char_transformer_params *params,
        const char_transformer_data *data, const char_transformer_params *grads, double *work,
        double *loss);

/* Changes parameters and state by one step; gives the loss before it. */
int char_transformer_train_step(ptrdiff_t N, ptrdiff_t T, const char_transformer_params *params,
        const char_transformer_state *state, const char_transformer_data *data,
        const char_transformer_hyper *hyper, double *work, double *loss);

/* How many numbers (double) the workspace of fit holds; N is that of a batch. */
#define CHAR_TRANSFORMER_FIT_WORKSPACE(N, T) ((N) * (T) + (N) * (T) + CHAR_TRANSFORMER_WORKSPACE(N, T))

/* How to train. */
typedef struct char_transformer_training {
    ptrdiff_t batch_size; /* rows of a step; the last step of an epoch may have fewer */
    ptrdiff_t start;      /* the number of the first epoch */
    ptrdiff_t epochs;     /* how many are run */
    uint64_t seed;        /* tells, with the number of the epoch, the order of its rows */
    int shuffle;          /* 0: the rows stay in order, as they do if one batch holds them all */
    int (*watch)(void *context, ptrdiff_t epoch, double loss); /* NULL, or called after an epoch */
    int (*pause)(void *context); /* NULL, or called now and then, every few milliseconds */
    void *context; /* is handed to both; if one returns anything but 0, training stops */
} char_transformer_training;

/* Trains: losses[k] becomes the mean loss of epoch start + k. Returns 1 where it was stopped, after
   a whole step. The workspace is aligned as malloc aligns it. */
int char_transformer_fit(ptrdiff_t N, ptrdiff_t T, const char_transformer_params *params,
        const char_transformer_state *state, const char_transformer_data *data,
        const char_transformer_hyper *hyper, const char_transformer_training *training,
        double *work, double *losses);

/* Returns the hyper-parameters of the description. */
char_transformer_hyper char_transformer_default_hyper(void);

/* Returns the size of the workspace in bytes. */
size_t char_transformer_workspace_bytes(ptrdiff_t N, ptrdiff_t T);

/* Returns the size of the workspace that predict needs, in bytes. */
size_t char_transformer_predict_workspace_bytes(ptrdiff_t N, ptrdiff_t T);

/* Returns what tells this build from every other. */
const char *char_transformer_build(void);

#ifdef __cplusplus
}
#endif

#endif
