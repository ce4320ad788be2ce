/*
 * vae: forward pass, gradients and training step in C (float64).
 *
 *     input x[N,64]
 *     noise e_u[2,N,8]
 *     param a_W[64,128]
 *     param a_b[128]
 *     param mean_z_W[128,8]
 *     param mean_z_b[8]
 *     param log_v_W[128,8]
 *     param log_v_b[8]
 *     param b_W[8,128]
 *     param b_b[128]
 *     param logits_W[128,64]
 *     param logits_b[64]
 *     e[n,j] = sqrt(2) * sqrt(-log(1 - e_u[0,n,j])) * cos(2 * pi * e_u[1,n,j])
 *     a_z[n,j] = sum[i](x[n,i] * a_W[i,j])
 *     a_z[n,j] += a_b[j]
 *     a[n,j] = relu(a_z[n,j])
 *     mean_z[n,j] = sum[i](a[n,i] * mean_z_W[i,j])
 *     mean_z[n,j] += mean_z_b[j]
 *     log_v[n,j] = sum[i](a[n,i] * log_v_W[i,j])
 *     log_v[n,j] += log_v_b[j]
 *     z[n,j] = e[n,j] * exp(0.5 * log_v[n,j]) + mean_z[n,j]
 *     b_z[n,j] = sum[i](z[n,i] * b_W[i,j])
 *     b_z[n,j] += b_b[j]
 *     b[n,j] = relu(b_z[n,j])
 *     logits[n,j] = sum[i](b[n,i] * logits_W[i,j])
 *     logits[n,j] += logits_b[j]
 *     p[n,j] = sigmoid(logits[n,j])
 *     loss_sum = sum[n,j](softplus(logits[n,j]) - logits[n,j] * x[n,j])
 *     loss_sum_2 = sum[n,j](0.5 * (mean_z[n,j]**2 + exp(log_v[n,j]) - log_v[n,j] - 1))
 *     loss = loss_sum / N + loss_sum_2 / N
 *
 * In a prediction:
 *     z[n,j] = mean_z[n,j]
 *
 * dV stands for d loss / d V. Rows are samples.
 *
 * Arrays are dense and in row-major order; those that are written overlap no other. The
 * caller owns all memory: nothing is allocated, nothing is remembered, and threads that
 * have workspaces of their own do not meet. A function returns 0; or -1 if a size is
 * too small or a label out of range, and then it has computed nothing.
 *
 * Memory in bytes:
 *     158336  parameters, and as much again for their gradients
 *     316696  state of the optimizer
 *     4672 * N + 140864  workspace
 *     1024 * N + 32768  workspace of predict alone
 *
 * Made by symbp 0.1.0 from vae.bp (network 05da02787e585dfa):
 *     symbp build vae.bp --target c --dtype float64
 * Do not edit: change the description and build again.
 * This file is yours to use as you like. SPDX-License-Identifier: MIT-0
 */

#ifndef VAE_H_INCLUDED
#define VAE_H_INCLUDED

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How many numbers (double) the workspace holds; predict needs less than the others. */
#define VAE_WORKSPACE(N) (584 * (N) + 17608)
#define VAE_PREDICT_WORKSPACE(N) (128 * (N) + 4096)

/* The parameters; also a gradient for each of them. */
typedef struct vae_params {
    double *a_W; /* (64, 128) */
    double *a_b; /* (128,) */
    double *mean_z_W; /* (128, 8) */
    double *mean_z_b; /* (8,) */
    double *log_v_W; /* (128, 8) */
    double *log_v_b; /* (8,) */
    double *b_W; /* (8, 128) */
    double *b_b; /* (128,) */
    double *logits_W; /* (128, 64) */
    double *logits_b; /* (64,) */
} vae_params;

/* The state of the optimizer. */
typedef struct vae_state {
    double *t; /* () */
    double *a_W_m; /* (64, 128) */
    double *a_W_v; /* (64, 128) */
    double *a_b_m; /* (128,) */
    double *a_b_v; /* (128,) */
    double *mean_z_W_m; /* (128, 8) */
    double *mean_z_W_v; /* (128, 8) */
    double *mean_z_b_m; /* (8,) */
    double *mean_z_b_v; /* (8,) */
    double *log_v_W_m; /* (128, 8) */
    double *log_v_W_v; /* (128, 8) */
    double *log_v_b_m; /* (8,) */
    double *log_v_b_v; /* (8,) */
    double *b_W_m; /* (8, 128) */
    double *b_W_v; /* (8, 128) */
    double *b_b_m; /* (128,) */
    double *b_b_v; /* (128,) */
    double *logits_W_m; /* (128, 64) */
    double *logits_W_v; /* (128, 64) */
    double *logits_b_m; /* (64,) */
    double *logits_b_v; /* (64,) */
    double *noise_seed; /* () */
    double *noise_step; /* () */
} vae_state;

/* Inputs, targets and labels; a function reads those that it needs. */
typedef struct vae_data {
    const double *x; /* input (N, 64) */
} vae_data;

/* Random numbers, uniform from 0 to 1, which a step draws by itself. */
typedef struct vae_noise {
    double *e_u; /* (2, N, 8) */
} vae_noise;

/* The hyper-parameters. */
typedef struct vae_hyper {
    double learning_rate;
    double beta1;
    double beta2;
    double epsilon;
} vae_hyper;

/* What the forward pass keeps for the gradients. */
typedef struct vae_tape {
    double *e; /* (N, 8) */
    double *a; /* (N, 128) */
    double *mean_z; /* (N, 8) */
    double *log_v; /* (N, 8) */
    double *z; /* (N, 8) */
    double *b; /* (N, 128) */
    double *logits; /* (N, 64) */
    double *v1; /* (N, 8) */
} vae_tape;

/* The outputs. */
typedef struct vae_outputs {
    double *p; /* (N, 64) */
    double *mean_z; /* (N, 8) */
} vae_outputs;

/* Computes the outputs. */
int vae_predict(ptrdiff_t N, const vae_params *params, const vae_data *data,
        const vae_outputs *outputs, double *work);

/* Computes the loss and fills the tape. */
int vae_forward(ptrdiff_t N, const vae_params *params, const vae_data *data, const vae_noise *noise,
        const vae_tape *tape, double *work, double *loss);

/* Computes the gradient by each parameter from a tape that forward has filled. */
int vae_backward(ptrdiff_t N, const vae_params *params, const vae_data *data, const vae_tape *tape,
        const vae_params *grads, double *work);

/* Computes the loss and its gradient by each parameter. */
int vae_value_and_grad(ptrdiff_t N, const vae_params *params, const vae_data *data,
        const vae_noise *noise, const vae_params *grads, double *work, double *loss);

/* Changes parameters and state by one step; gives the loss before it. */
int vae_train_step(ptrdiff_t N, const vae_params *params, const vae_state *state,
        const vae_data *data, const vae_hyper *hyper, double *work, double *loss);

/* Draws the random numbers of a step: whole numbers from 0 on tell which. */
void vae_draw(ptrdiff_t N, double seed, double step, const vae_noise *noise);

/* How many numbers (double) the workspace of fit holds; N is that of a batch. */
#define VAE_FIT_WORKSPACE(N) ((N) * 64 + VAE_WORKSPACE(N))

/* How to train. */
typedef struct vae_training {
    ptrdiff_t batch_size; /* rows of a step; the last step of an epoch may have fewer */
    ptrdiff_t start;      /* the number of the first epoch */
    ptrdiff_t epochs;     /* how many are run */
    uint64_t seed;        /* tells, with the number of the epoch, the order of its rows */
    int shuffle;          /* 0: the rows stay in order, as they do if one batch holds them all */
    int (*watch)(void *context, ptrdiff_t epoch, double loss); /* NULL, or called after an epoch */
    int (*pause)(void *context); /* NULL, or called now and then, every few milliseconds */
    void *context; /* is handed to both; if one returns anything but 0, training stops */
} vae_training;

/* Trains: losses[k] becomes the mean loss of epoch start + k. Returns 1 where it was stopped, after
   a whole step. The workspace is aligned as malloc aligns it. */
int vae_fit(ptrdiff_t N, const vae_params *params, const vae_state *state, const vae_data *data,
        const vae_hyper *hyper, const vae_training *training, double *work, double *losses);

/* Returns the hyper-parameters of the description. */
vae_hyper vae_default_hyper(void);

/* Returns the size of the workspace in bytes. */
size_t vae_workspace_bytes(ptrdiff_t N);

/* Returns the size of the workspace that predict needs, in bytes. */
size_t vae_predict_workspace_bytes(ptrdiff_t N);

/* Returns what tells this build from every other. */
const char *vae_build(void);

#ifdef __cplusplus
}
#endif

#endif
