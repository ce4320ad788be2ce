/*
 * gan_critic: forward pass, gradients and training step in C (float64).
 *
 *     input z[N,8]
 *     target x[N,2]
 *     noise blur_u[2,2,N,2]
 *     param g1_W[8,64] frozen
 *     param g1_b[64] frozen
 *     param g2_W[64,64] frozen
 *     param g2_b[64] frozen
 *     param fake_W[64,2] frozen
 *     param fake_b[2] frozen
 *     hyper blurred = 0.1
 *     param c1_W[2,64]
 *     param c1_b[64]
 *     param c2_W[64,64]
 *     param c2_b[64]
 *     param score_W[64,1]
 *     param score_b[1]
 *     g1_z[n,j] = sum[i](z[n,i] * g1_W[i,j])
 *     g1_z[n,j] += g1_b[j]
 *     g1[n,j] = relu(g1_z[n,j])
 *     g2_z[n,j] = sum[i](g1[n,i] * g2_W[i,j])
 *     g2_z[n,j] += g2_b[j]
 *     g2[n,j] = relu(g2_z[n,j])
 *     fake[n,j] = sum[i](g2[n,i] * fake_W[i,j])
 *     fake[n,j] += fake_b[j]
 *     blur[n,k,j] = sqrt(2) * sqrt(-log(1 - blur_u[0,n,k,j])) * cos(2 * pi * blur_u[1,n,k,j])
 *     value points[2,N,2]
 *     points[0,n,i] = blur[0,n,i] * blurred + x[n,i]
 *     points[1,n,i] += blur[1,n,i] * blurred + fake[n,i]
 *     c1_z[n,k,j] = sum[i](points[n,k,i] * c1_W[i,j])
 *     c1_z[n,k,j] += c1_b[j]
 *     c1[n,k,j] = relu(c1_z[n,k,j])
 *     c2_z[n,k,j] = sum[i](c1[n,k,i] * c2_W[i,j])
 *     c2_z[n,k,j] += c2_b[j]
 *     c2[n,k,j] = relu(c2_z[n,k,j])
 *     score[n,k,j] = sum[i](c2[n,k,i] * score_W[i,j])
 *     score[n,k,j] += score_b[j]
 *     loss_sum = sum[n](softplus(-score[0,n,0]) + softplus(score[1,n,0]))
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
 *     74264  parameters
 *     35336  gradients
 *     70696  state of the optimizer
 *     5280 * N + 99848  workspace
 *     1024 * N + 16384  workspace of predict alone
 *
 * Made by symbp 0.1.0 from gan.bp:critic (network f5fd7c7b08a594c0):
 *     symbp build gan.bp:critic --target c --dtype float64
 * Do not edit: change the description and build again.
 * This file is yours to use as you like. SPDX-License-Identifier: MIT-0
 */

#ifndef GAN_CRITIC_H_INCLUDED
#define GAN_CRITIC_H_INCLUDED

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How many numbers (double) the workspace holds; predict needs less than the others. */
#define GAN_CRITIC_WORKSPACE(N) (660 * (N) + 12481)
#define GAN_CRITIC_PREDICT_WORKSPACE(N) (128 * (N) + 2048)

/* The parameters. */
typedef struct gan_critic_params {
    double *g1_W; /* (8, 64) */
    double *g1_b; /* (64,) */
    double *g2_W; /* (64, 64) */
    double *g2_b; /* (64,) */
    double *fake_W; /* (64, 2) */
    double *fake_b; /* (2,) */
    double *c1_W; /* (2, 64) */
    double *c1_b; /* (64,) */
    double *c2_W; /* (64, 64) */
    double *c2_b; /* (64,) */
    double *score_W; /* (64, 1) */
    double *score_b; /* (1,) */
} gan_critic_params;

/* A gradient for each parameter that is not frozen. */
typedef struct gan_critic_grads {
    double *c1_W; /* (2, 64) */
    double *c1_b; /* (64,) */
    double *c2_W; /* (64, 64) */
    double *c2_b; /* (64,) */
    double *score_W; /* (64, 1) */
    double *score_b; /* (1,) */
} gan_critic_grads;

/* The state of the optimizer. */
typedef struct gan_critic_state {
    double *t; /* () */
    double *c1_W_m; /* (2, 64) */
    double *c1_W_v; /* (2, 64) */
    double *c1_b_m; /* (64,) */
    double *c1_b_v; /* (64,) */
    double *c2_W_m; /* (64, 64) */
    double *c2_W_v; /* (64, 64) */
    double *c2_b_m; /* (64,) */
    double *c2_b_v; /* (64,) */
    double *score_W_m; /* (64, 1) */
    double *score_W_v; /* (64, 1) */
    double *score_b_m; /* (1,) */
    double *score_b_v; /* (1,) */
    double *noise_seed; /* () */
    double *noise_step; /* () */
} gan_critic_state;

/* Inputs, targets and labels; a function reads those that it needs. */
typedef struct gan_critic_data {
    const double *z; /* input (N, 8) */
    const double *x; /* target (N, 2) */
} gan_critic_data;

/* Random numbers, uniform from 0 to 1, which a step draws by itself. */
typedef struct gan_critic_noise {
    double *blur_u; /* (2, 2, N, 2) */
} gan_critic_noise;

/* The hyper-parameters. */
typedef struct gan_critic_hyper {
    double blurred;
    double learning_rate;
    double beta1;
    double beta2;
    double epsilon;
} gan_critic_hyper;

/* What the forward pass keeps for the gradients. */
typedef struct gan_critic_tape {
    double *points; /* (2, N, 2) */
    double *c1; /* (2, N, 64) */
    double *c2; /* (2, N, 64) */
    double *score; /* (2, N, 1) */
} gan_critic_tape;

/* The outputs. */
typedef struct gan_critic_outputs {
    double *fake; /* (N, 2) */
} gan_critic_outputs;

/* Computes the outputs. */
int gan_critic_predict(ptrdiff_t N, const gan_critic_params *params, const gan_critic_data *data,
        const gan_critic_outputs *outputs, double *work);

/* Computes the loss and fills the tape. */
int gan_critic_forward(ptrdiff_t N, const gan_critic_params *params, const gan_critic_data *data,
        const gan_critic_noise *noise, const gan_critic_hyper *hyper, const gan_critic_tape *tape,
        double *work, double *loss);

/* Computes the gradient by each parameter from a tape that forward has filled. */
int gan_critic_backward(ptrdiff_t N, const gan_critic_params *params, const gan_critic_tape *tape,
        const gan_critic_grads *grads, double *work);

/* Computes the loss and its gradient by each parameter. */
int gan_critic_value_and_grad(ptrdiff_t N, const gan_critic_params *params,
        const gan_critic_data *data, const gan_critic_noise *noise, const gan_critic_hyper *hyper,
        const gan_critic_grads *grads, double *work, double *loss);

/* Changes parameters and state by one step; gives the loss before it. */
int gan_critic_train_step(ptrdiff_t N, const gan_critic_params *params,
        const gan_critic_state *state, const gan_critic_data *data, const gan_critic_hyper *hyper,
        double *work, double *loss);

/* Draws the random numbers of a step: whole numbers from 0 on tell which. */
void gan_critic_draw(ptrdiff_t N, double seed, double step, const gan_critic_noise *noise);

/* How many numbers (double) the workspace of fit holds; N is that of a batch. */
#define GAN_CRITIC_FIT_WORKSPACE(N) ((N) * 8 + (N) * 2 + GAN_CRITIC_WORKSPACE(N))

/* How to train. */
typedef struct gan_critic_training {
    ptrdiff_t batch_size; /* rows of a step; the last step of an epoch may have fewer */
    ptrdiff_t start;      /* the number of the first epoch */
    ptrdiff_t epochs;     /* how many are run */
    uint64_t seed;        /* tells, with the number of the epoch, the order of its rows */
    int shuffle;          /* 0: the rows stay in order, as they do if one batch holds them all */
    int (*watch)(void *context, ptrdiff_t epoch, double loss); /* NULL, or called after an epoch */
    int (*pause)(void *context); /* NULL, or called now and then, every few milliseconds */
    void *context; /* is handed to both; if one returns anything but 0, training stops */
} gan_critic_training;

/* Trains: losses[k] becomes the mean loss of epoch start + k. Returns 1 where it was stopped, after
   a whole step. The workspace is aligned as malloc aligns it. */
int gan_critic_fit(ptrdiff_t N, const gan_critic_params *params, const gan_critic_state *state,
        const gan_critic_data *data, const gan_critic_hyper *hyper,
        const gan_critic_training *training, double *work, double *losses);

/* Returns the hyper-parameters of the description. */
gan_critic_hyper gan_critic_default_hyper(void);

/* Returns the size of the workspace in bytes. */
size_t gan_critic_workspace_bytes(ptrdiff_t N);

/* Returns the size of the workspace that predict needs, in bytes. */
size_t gan_critic_predict_workspace_bytes(ptrdiff_t N);

/* Returns what tells this build from every other. */
const char *gan_critic_build(void);

#ifdef __cplusplus
}
#endif

#endif
