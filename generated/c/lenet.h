/*
 * lenet: forward pass, gradients and training step in C (float64).
 *
 *     input x[N,64]
 *     label t[N] in 10
 *     param c1_K[16,1,3,3]
 *     param c1_b[16]
 *     param c2_K[32,16,3,3]
 *     param c2_b[32]
 *     param h_W[128,32]
 *     param h_b[32]
 *     param logits_W[32,10]
 *     param logits_b[10]
 *     image[n,0,i0,i1] = x[n,i1 + 8 * i0] for n in N, i0 in 8, i1 in 8
 *     value c1_padded[N,1,10,10]
 *     c1_padded[n,c,h_2 + 1,w + 1] = image[n,c,h_2,w]
 *     c1_z[n,o,p,q] = sum[c,u,v](c1_padded[n,c,p + u,q + v] * c1_K[o,c,u,v])
 *     c1_z[n,o,p,q] += c1_b[o]
 *     c1[n,o,p,q] = relu(c1_z[n,o,p,q])
 *     s1[n,c,p,q] = max[u,v](c1[n,c,u + 2 * p,v + 2 * q]) for n in N, c in 16, p in 4, q in 4, u in 2,
 *         v in 2
 *     value c2_padded[N,16,6,6]
 *     c2_padded[n,c,h_2 + 1,w + 1] = s1[n,c,h_2,w]
 *     c2_z[n,o,p,q] = sum[c,u,v](c2_padded[n,c,p + u,q + v] * c2_K[o,c,u,v])
 *     c2_z[n,o,p,q] += c2_b[o]
 *     c2[n,o,p,q] = relu(c2_z[n,o,p,q])
 *     s2[n,c,p,q] = max[u,v](c2[n,c,u + 2 * p,v + 2 * q]) for n in N, c in 32, p in 2, q in 2, u in 2,
 *         v in 2
 *     flatten[n,i2 + 2 * i1 + 4 * i0] = s2[n,i0,i1,i2]
 *     h_z[n,j] = sum[i](flatten[n,i] * h_W[i,j])
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
 *     74064  parameters, and as much again for their gradients
 *     148136  state of the optimizer
 *     35280 * N + 139344  workspace
 *     22568 * N + 36864  workspace of predict alone
 *
 * Made by symbp 0.1.0 from lenet.bp (network cc517f205c0db5c2):
 *     symbp build lenet.bp --target c --dtype float64
 * Do not edit: change the description and build again.
 * This file is yours to use as you like. SPDX-License-Identifier: MIT-0
 */

#ifndef LENET_H_INCLUDED
#define LENET_H_INCLUDED

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How many numbers (double) the workspace holds; predict needs less than the others. */
#define LENET_WORKSPACE(N) (4410 * (N) + 17418)
#define LENET_PREDICT_WORKSPACE(N) (2821 * (N) + 4608)

/* The parameters; also a gradient for each of them. */
typedef struct lenet_params {
    double *c1_K; /* (16, 1, 3, 3) */
    double *c1_b; /* (16,) */
    double *c2_K; /* (32, 16, 3, 3) */
    double *c2_b; /* (32,) */
    double *h_W; /* (128, 32) */
    double *h_b; /* (32,) */
    double *logits_W; /* (32, 10) */
    double *logits_b; /* (10,) */
} lenet_params;

/* The state of the optimizer. */
typedef struct lenet_state {
    double *step; /* () */
    double *c1_K_m; /* (16, 1, 3, 3) */
    double *c1_K_v; /* (16, 1, 3, 3) */
    double *c1_b_m; /* (16,) */
    double *c1_b_v; /* (16,) */
    double *c2_K_m; /* (32, 16, 3, 3) */
    double *c2_K_v; /* (32, 16, 3, 3) */
    double *c2_b_m; /* (32,) */
    double *c2_b_v; /* (32,) */
    double *h_W_m; /* (128, 32) */
    double *h_W_v; /* (128, 32) */
    double *h_b_m; /* (32,) */
    double *h_b_v; /* (32,) */
    double *logits_W_m; /* (32, 10) */
    double *logits_W_v; /* (32, 10) */
    double *logits_b_m; /* (10,) */
    double *logits_b_v; /* (10,) */
} lenet_state;

/* Inputs, targets and labels; a function reads those that it needs. */
typedef struct lenet_data {
    const double *x; /* input (N, 64) */
    const ptrdiff_t *t; /* label (N,) in 0 .. 10-1 */
} lenet_data;

/* The hyper-parameters. */
typedef struct lenet_hyper {
    double learning_rate;
    double beta1;
    double beta2;
    double epsilon;
} lenet_hyper;

/* What the forward pass keeps for the gradients. */
typedef struct lenet_tape {
    double *c1_padded; /* (1, 10, 10, N) */
    double *s1; /* (16, 4, 4, N) */
    double *c2_padded; /* (16, 6, 6, N) */
    double *s2; /* (32, 2, 2, N) */
    double *flatten; /* (128, N) */
    double *h; /* (32, N) */
    double *s2_z_winner; /* (32, 2, 2, N) */
    double *s1_z_winner; /* (16, 4, 4, N) */
    double *output_Z_shifted; /* (N,) */
    double *v1; /* (10, N) */
} lenet_tape;

/* The outputs. */
typedef struct lenet_outputs {
    double *output; /* (N, 10) */
} lenet_outputs;

/* Computes the outputs. */
int lenet_predict(ptrdiff_t N, const lenet_params *params, const lenet_data *data,
        const lenet_outputs *outputs, double *work);

/* Computes the loss and fills the tape. */
int lenet_forward(ptrdiff_t N, const lenet_params *params, const lenet_data *data,
        const lenet_tape *tape, double *work, double *loss);

/* Computes the gradient by each parameter from a tape that forward has filled. */
int lenet_backward(ptrdiff_t N, const lenet_params *params, const lenet_data *data,
        const lenet_tape *tape, const lenet_params *grads, double *work);

/* Computes the loss and its gradient by each parameter. */
int lenet_value_and_grad(ptrdiff_t N, const lenet_params *params, const lenet_data *data,
        const lenet_params *grads, double *work, double *loss);

/* Changes parameters and state by one step; gives the loss before it. */
int lenet_train_step(ptrdiff_t N, const lenet_params *params, const lenet_state *state,
        const lenet_data *data, const lenet_hyper *hyper, double *work, double *loss);

/* How many numbers (double) the workspace of fit holds; N is that of a batch. */
#define LENET_FIT_WORKSPACE(N) ((N) + (N) * 64 + LENET_WORKSPACE(N))

/* How to train. */
typedef struct lenet_training {
    ptrdiff_t batch_size; /* rows of a step; the last step of an epoch may have fewer */
    ptrdiff_t start;      /* the number of the first epoch */
    ptrdiff_t epochs;     /* how many are run */
    uint64_t seed;        /* tells, with the number of the epoch, the order of its rows */
    int shuffle;          /* 0: the rows stay in order, as they do if one batch holds them all */
    int (*watch)(void *context, ptrdiff_t epoch, double loss); /* NULL, or called after an epoch */
    int (*pause)(void *context); /* NULL, or called now and then, every few milliseconds */
    void *context; /* is handed to both; if one returns anything but 0, training stops */
} lenet_training;

/* Trains: losses[k] becomes the mean loss of epoch start + k. Returns 1 where it was stopped, after
   a whole step. The workspace is aligned as malloc aligns it. */
int lenet_fit(ptrdiff_t N, const lenet_params *params, const lenet_state *state,
        const lenet_data *data, const lenet_hyper *hyper, const lenet_training *training,
        double *work, double *losses);

/* Returns the hyper-parameters of the description. */
lenet_hyper lenet_default_hyper(void);

/* Returns the size of the workspace in bytes. */
size_t lenet_workspace_bytes(ptrdiff_t N);

/* Returns the size of the workspace that predict needs, in bytes. */
size_t lenet_predict_workspace_bytes(ptrdiff_t N);

/* Returns what tells this build from every other. */
const char *lenet_build(void);

#ifdef __cplusplus
}
#endif

#endif
