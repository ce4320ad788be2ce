/*
 * char_transformer: forward pass, gradients and training step for Python (float64).
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
 * Made by symbp 0.1.0 from char_transformer.bp (network b331bfed12fe83c9):
 *     symbp build char_transformer.bp --target c --dtype float64
 * Do not edit: change the description and build again.
 * This file is yours to use as you like. SPDX-License-Identifier: MIT-0
 */

#include "char_transformer.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* What is used of Python is declared here, by hand: all of it is in the stable ABI, which is the
 * same for every CPython since 3.10, and Python.h is missing on many machines with a compiler.
 * Python's objects stay opaque. */

typedef struct py_object PyObject;
typedef struct py_thread_state PyThreadState;
typedef struct PyMethodDef {
    const char *name;
    void (*function)(void); /* of the type that the flags say */
    int flags;
    const char *doc;
} PyMethodDef;

enum { METH_NOARGS = 0x0004, METH_FASTCALL = 0x0080 };

extern PyObject *PyExc_ValueError;
extern PyObject *PyExc_OverflowError;
void Py_IncRef(PyObject *o);
void Py_DecRef(PyObject *o);
PyObject *PyObject_Type(PyObject *o);
int PyObject_IsTrue(PyObject *o);
PyObject *PyObject_CallFunction(PyObject *callable, const char *format, ...);
PyObject *PyCFunction_NewEx(PyMethodDef *method, PyObject *self, PyObject *module);
PyObject *PyCapsule_New(void *pointer, const char *name, void (*destructor)(PyObject *));
void *PyCapsule_GetPointer(PyObject *capsule, const char *name);
PyObject *PyDict_GetItemWithError(PyObject *dict, PyObject *key);
PyObject *PyTuple_New(ptrdiff_t size);
int PyTuple_SetItem(PyObject *tuple, ptrdiff_t position, PyObject *item);
PyObject *PyUnicode_InternFromString(const char *text);
PyObject *PyFloat_FromDouble(double value);
double PyFloat_AsDouble(PyObject *o);
PyObject *PyLong_FromSsize_t(ptrdiff_t value);
ptrdiff_t PyNumber_AsSsize_t(PyObject *o, PyObject *error);
unsigned long long PyLong_AsUnsignedLongLongMask(PyObject *o);
void PyErr_SetString(PyObject *error, const char *message);
PyObject *PyErr_NoMemory(void);
PyObject *PyErr_Occurred(void);
int PyErr_CheckSignals(void);
PyThreadState *PyEval_SaveThread(void);
void PyEval_RestoreThread(PyThreadState *state);

/* What NumPy's ABI lays down of an array, after the header that Python gives every object. */
typedef struct array {
    void *data;
    int rank;
    ptrdiff_t *shape;
    ptrdiff_t *strides;
    PyObject *base;
    PyObject *dtype;
    int flags;
} array;

enum { C_CONTIGUOUS = 0x0001, ALIGNED = 0x0100, WRITEABLE = 0x0400, ENOUGH = 200000 };

/* What Python hands over when it loads the library. */
static struct {
    PyObject *none;
    PyObject *dict;
    PyObject *ndarray;
    PyObject *real;    /* the dtype of numbers */
    PyObject *integer; /* the dtype of labels */
    ptrdiff_t header;  /* the size of an object's header */
} python;

/* What an array must be: a size that is no number is ~k, the k-th of those that data tell. */
typedef struct field {
    int labels;
    int rank;
    const ptrdiff_t *shape;
} field;

static const array *as_array(PyObject *o)
{
    return (const array *)(const void *)((const char *)o + python.header);
}

/* Where an array begins. */
static void *memory(PyObject *o)
{
    return o == python.none ? NULL : as_array(o)->data;
}

/* Tells whether a type is exactly the type of an object. */
static int is_a(PyObject *o, PyObject *type)
{
    PyObject *own = PyObject_Type(o);
    Py_DecRef(own); /* the object holds it still */
    return own == type;
}

/* Tells whether C can compute with an array as it is; sizes that are 0 become what it shows. */
static int fits(PyObject *o, const field *want, int flags, ptrdiff_t *sizes)
{
    if (!is_a(o, python.ndarray)) {
        return 0;
    }
    const array *a = as_array(o);
    if (a->dtype != (want->labels ? python.integer : python.real) || a->rank != want->rank ||
            (a->flags & flags) != flags) {
        return 0;
    }
    for (int axis = 0; axis < want->rank; axis++) {
        ptrdiff_t size = want->shape[axis];
        if (size < 0) {
            ptrdiff_t *told = &sizes[~size];
            if (*told == 0) {
                *told = a->shape[axis];
            }
            size = *told;
        }
        if (a->shape[axis] != size) {
            return 0;
        }
    }
    return 1;
}

/* Gets arrays that fit out of a dict, each with a reference of its own; returns how many. */
static int from_dict(PyObject *dict, PyObject *const *names, const field *want, int count,
        PyObject **to)
{
    if (!is_a(dict, python.dict)) {
        return 0;
    }
    for (int k = 0; k < count; k++) {
        PyObject *o = PyDict_GetItemWithError(dict, names[k]);
        if (o == NULL || !fits(o, &want[k], C_CONTIGUOUS | ALIGNED | WRITEABLE, NULL)) {
            return k;
        }
        Py_IncRef(o);
        to[k] = o;
    }
    return count;
}

/* Tells whether inputs, targets and labels fit. */
static int all_fit(PyObject *const *given, const field *want, int count, ptrdiff_t *sizes)
{
    for (int k = 0; k < count; k++) {
        if (!fits(given[k], &want[k], C_CONTIGUOUS | ALIGNED, sizes)) {
            return 0;
        }
    }
    return 1;
}

static void release(PyObject *const *objects, ptrdiff_t count)
{
    for (ptrdiff_t k = 0; k < count; k++) {
        Py_DecRef(objects[k]);
    }
}

/* A piece of memory; the one that waits for the next call belongs to whoever holds Python's lock,
 * so two threads never have the same, and a step allocates nothing. */
typedef struct block {
    void *memory;
    size_t bytes;
} block;

static block spare;

enum { LINE = 64 }; /* vectors are fastest where no line of the cache is crossed */

/* Returns memory of this size, or NULL and an error. */
static void *take(block *own, size_t bytes)
{
    *own = spare;
    spare.memory = NULL;
    if (own->memory == NULL || own->bytes < bytes) {
        free(own->memory);
        own->memory = malloc(bytes + LINE);
        own->bytes = bytes;
    }
    if (own->memory == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    return (void *)(((uintptr_t)own->memory + LINE - 1) / LINE * LINE);
}

static void give(block own)
{
    if (spare.memory == NULL || spare.bytes < own.bytes) {
        const block other = spare;
        spare = own;
        own = other;
    }
    free(own.memory);
}

/* Lets other threads of Python run meanwhile, if there is enough to compute. */
static PyThreadState *unlocked(ptrdiff_t operations)
{
    return operations > ENOUGH ? PyEval_SaveThread() : NULL;
}

static void locked(PyThreadState *thread)
{
    if (thread != NULL) {
        PyEval_RestoreThread(thread);
    }
}

/* Returns the loss; or raises where C refused to compute. */
static PyObject *finished(int status, double loss)
{
    if (status < 0 && PyErr_Occurred() == NULL) {
        PyErr_SetString(PyExc_ValueError, "a size is too small, or a label is out of range");
    }
    return status < 0 ? NULL : PyFloat_FromDouble(loss);
}

/* Reads sizes; returns where the arguments go on. */
static PyObject *const *sizes_from(PyObject *const *o, ptrdiff_t *sizes, int count)
{
    for (int k = 0; k < count; k++) {
        sizes[k] = PyNumber_AsSsize_t(o[k], PyExc_OverflowError);
    }
    return o + count;
}

/* What fit's hooks know. */
typedef struct watcher {
    PyObject *callback;
    PyThreadState *thread; /* NULL while this thread holds Python's lock */
    ptrdiff_t done;        /* epochs */
} watcher;

/* Lets Python act on signals, Ctrl-C among them. */
static int paused(void *context)
{
    watcher *own = context;
    const int unlock = own->thread != NULL;
    locked(own->thread);
    const int stop = PyErr_CheckSignals();
    own->thread = unlock ? PyEval_SaveThread() : NULL;
    return stop;
}

/* Calls the callback; training stops where it returns true or raises. */
static int watched(void *context, ptrdiff_t epoch, double loss)
{
    watcher *own = context;
    const int unlock = own->thread != NULL;
    locked(own->thread);
    own->done++;
    int stop = PyErr_CheckSignals();
    if (stop == 0) {
        PyObject *answer = PyObject_CallFunction(own->callback, "nd", epoch, loss);
        stop = answer == NULL ? -1 : PyObject_IsTrue(answer);
        Py_DecRef(answer);
    }
    own->thread = unlock ? PyEval_SaveThread() : NULL;
    return stop;
}

/* Returns Python's functions of C ones, in a tuple. */
static PyObject *made(PyMethodDef *methods, int count)
{
    PyObject *found = PyTuple_New(count);
    for (int k = 0; found != NULL && k < count; k++) {
        PyObject *function = PyCFunction_NewEx(&methods[k], NULL, NULL);
        if (function == NULL || PyTuple_SetItem(found, k, function) != 0) {
            Py_DecRef(found);
            return NULL;
        }
    }
    return found;
}

/* What Python's arguments become. */
typedef struct arguments {
    ptrdiff_t sizes[2];
    char_transformer_params params;
    char_transformer_state state;
    char_transformer_data data;
    char_transformer_hyper hyper;
    char_transformer_tape tape;
    char_transformer_outputs outputs;
    char_transformer_params grads;
} arguments;

typedef int (*run)(const arguments *a, double *loss);

static inline PyObject *called(run function, const arguments *a)
{
    double loss = 0.0;
    const int status = PyErr_Occurred() == NULL ? function(a, &loss) : -1;
    return finished(status, loss);
}

static PyObject *const *params_from(PyObject *const *o, char_transformer_params *to)
{
    to->e_E = memory(o[0]);
    to->n1_g = memory(o[1]);
    to->a_Wq = memory(o[2]);
    to->a_Wk = memory(o[3]);
    to->a_Wv = memory(o[4]);
    to->a_Wo = memory(o[5]);
    to->n2_g = memory(o[6]);
    to->f_W = memory(o[7]);
    to->f_b = memory(o[8]);
    to->m_W = memory(o[9]);
    to->m_b = memory(o[10]);
    to->n3_g = memory(o[11]);
    to->logits_W = memory(o[12]);
    to->logits_b = memory(o[13]);
    return o + 14;
}

static PyObject *const *state_from(PyObject *const *o, char_transformer_state *to)
{
    to->step = memory(o[0]);
    to->e_E_m = memory(o[1]);
    to->e_E_v = memory(o[2]);
    to->n1_g_m = memory(o[3]);
    to->n1_g_v = memory(o[4]);
    to->a_Wq_m = memory(o[5]);
    to->a_Wq_v = memory(o[6]);
    to->a_Wk_m = memory(o[7]);
    to->a_Wk_v = memory(o[8]);
    to->a_Wv_m = memory(o[9]);
    to->a_Wv_v = memory(o[10]);
    to->a_Wo_m = memory(o[11]);
    to->a_Wo_v = memory(o[12]);
    to->n2_g_m = memory(o[13]);
    to->n2_g_v = memory(o[14]);
    to->f_W_m = memory(o[15]);
    to->f_W_v = memory(o[16]);
    to->f_b_m = memory(o[17]);
    to->f_b_v = memory(o[18]);
    to->m_W_m = memory(o[19]);
    to->m_W_v = memory(o[20]);
    to->m_b_m = memory(o[21]);
    to->m_b_v = memory(o[22]);
    to->n3_g_m = memory(o[23]);
    to->n3_g_v = memory(o[24]);
    to->logits_W_m = memory(o[25]);
    to->logits_W_v = memory(o[26]);
    to->logits_b_m = memory(o[27]);
    to->logits_b_v = memory(o[28]);
    return o + 29;
}

static PyObject *const *data_from(PyObject *const *o, char_transformer_data *to)
{
    to->x = memory(o[0]);
    to->t = memory(o[1]);
    return o + 2;
}

static PyObject *const *hyper_from(PyObject *const *o, char_transformer_hyper *to)
{
    to->learning_rate = PyFloat_AsDouble(o[0]);
    to->beta1 = PyFloat_AsDouble(o[1]);
    to->beta2 = PyFloat_AsDouble(o[2]);
    to->epsilon = PyFloat_AsDouble(o[3]);
    return o + 4;
}

static PyObject *const *tape_from(PyObject *const *o, char_transformer_tape *to)
{
    to->h = memory(o[0]);
    to->n1 = memory(o[1]);
    to->a_q = memory(o[2]);
    to->a_k = memory(o[3]);
    to->a_v = memory(o[4]);
    to->a_p = memory(o[5]);
    to->a_heads = memory(o[6]);
    to->r = memory(o[7]);
    to->n2 = memory(o[8]);
    to->f_z = memory(o[9]);
    to->f = memory(o[10]);
    to->u = memory(o[11]);
    to->n3 = memory(o[12]);
    to->loss_Z_shifted = memory(o[13]);
    to->v7 = memory(o[14]);
    to->v9 = memory(o[15]);
    to->v10 = memory(o[16]);
    to->v11 = memory(o[17]);
    to->v12 = memory(o[18]);
    to->v13 = memory(o[19]);
    to->v14 = memory(o[20]);
    to->v15 = memory(o[21]);
    return o + 22;
}

static PyObject *const *outputs_from(PyObject *const *o, char_transformer_outputs *to)
{
    to->logits = memory(o[0]);
    return o + 1;
}

/* About how many operations a training step has. */
static ptrdiff_t operations(const ptrdiff_t *sizes)
{
    return 930 * sizes[0] * (sizes[1] * sizes[1]) + 68555 * sizes[0] * sizes[1] + 239850;
}

static int predict_run(const arguments *a, double *loss)
{
    block own;
    double *work = take(&own, char_transformer_predict_workspace_bytes(a->sizes[0], a->sizes[1]));
    if (work == NULL) {
        return -1;
    }
    (void)loss;
    PyThreadState *thread = unlocked(operations(a->sizes));
    const int status = char_transformer_predict(a->sizes[0], a->sizes[1], &a->params, &a->data,
            &a->outputs, work);
    locked(thread);
    give(own);
    return status;
}

static PyObject *predict_entry(PyObject *self, PyObject *const *given, ptrdiff_t count)
{
    (void)self;
    (void)count;
    arguments a;
    given = sizes_from(given, a.sizes, 2);
    given = params_from(given, &a.params);
    given = data_from(given, &a.data);
    outputs_from(given, &a.outputs);
    return called(predict_run, &a);
}

static int forward_run(const arguments *a, double *loss)
{
    block own;
    double *work = take(&own, char_transformer_workspace_bytes(a->sizes[0], a->sizes[1]));
    if (work == NULL) {
        return -1;
    }
    PyThreadState *thread = unlocked(operations(a->sizes));
    const int status = char_transformer_forward(a->sizes[0], a->sizes[1], &a->params, &a->data,
            &a->tape, work, loss);
    locked(thread);
    give(own);
    return status;
}

static PyObject *forward_entry(PyObject *self, PyObject *const *given, ptrdiff_t count)
{
    (void)self;
    (void)count;
    arguments a;
    given = sizes_from(given, a.sizes, 2);
    given = params_from(given, &a.params);
    given = data_from(given, &a.data);
    tape_from(given, &a.tape);
    return called(forward_run, &a);
}

static int backward_run(const arguments *a, double *loss)
{
    block own;
    double *work = take(&own, char_transformer_workspace_bytes(a->sizes[0], a->sizes[1]));
    if (work == NULL) {
        return -1;
    }
    (void)loss;
    PyThreadState *thread = unlocked(operations(a->sizes));
    const int status = char_transformer_backward(a->sizes[0], a->sizes[1], &a->params, &a->data,
            &a->tape, &a->grads, work);
    locked(thread);
    give(own);
    return status;
}

static PyObject *backward_entry(PyObject *self, PyObject *const *given, ptrdiff_t count)
{
    (void)self;
    (void)count;
    arguments a;
    given = sizes_from(given, a.sizes, 2);
    given = params_from(given, &a.params);
    given = data_from(given, &a.data);
    given = tape_from(given, &a.tape);
    params_from(given, &a.grads);
    return called(backward_run, &a);
}

static int value_and_grad_run(const arguments *a, double *loss)
{
    block own;
    double *work = take(&own, char_transformer_workspace_bytes(a->sizes[0], a->sizes[1]));
    if (work == NULL) {
        return -1;
    }
    PyThreadState *thread = unlocked(operations(a->sizes));
    const int status = char_transformer_value_and_grad(a->sizes[0], a->sizes[1], &a->params,
            &a->data, &a->grads, work, loss);
    locked(thread);
    give(own);
    return status;
}

static PyObject *value_and_grad_entry(PyObject *self, PyObject *const *given, ptrdiff_t count)
{
    (void)self;
    (void)count;
    arguments a;
    given = sizes_from(given, a.sizes, 2);
    given = params_from(given, &a.params);
    given = data_from(given, &a.data);
    params_from(given, &a.grads);
    return called(value_and_grad_run, &a);
}

static int train_step_run(const arguments *a, double *loss)
{
    block own;
    double *work = take(&own, char_transformer_workspace_bytes(a->sizes[0], a->sizes[1]));
    if (work == NULL) {
        return -1;
    }
    PyThreadState *thread = unlocked(operations(a->sizes));
    const int status = char_transformer_train_step(a->sizes[0], a->sizes[1], &a->params, &a->state,
            &a->data, &a->hyper, work, loss);
    locked(thread);
    give(own);
    return status;
}

static PyObject *step_entry(PyObject *self, PyObject *const *given, ptrdiff_t count)
{
    (void)self;
    (void)count;
    arguments a;
    given = sizes_from(given, a.sizes, 2);
    given = params_from(given, &a.params);
    given = state_from(given, &a.state);
    given = data_from(given, &a.data);
    hyper_from(given, &a.hyper);
    return called(train_step_run, &a);
}

static const char *const texts[] = {
    "e_E",
    "n1_g",
    "a_Wq",
    "a_Wk",
    "a_Wv",
    "a_Wo",
    "n2_g",
    "f_W",
    "f_b",
    "m_W",
    "m_b",
    "n3_g",
    "logits_W",
    "logits_b",
    "step",
    "e_E_m",
    "e_E_v",
    "n1_g_m",
    "n1_g_v",
    "a_Wq_m",
    "a_Wq_v",
    "a_Wk_m",
    "a_Wk_v",
    "a_Wv_m",
    "a_Wv_v",
    "a_Wo_m",
    "a_Wo_v",
    "n2_g_m",
    "n2_g_v",
    "f_W_m",
    "f_W_v",
    "f_b_m",
    "f_b_v",
    "m_W_m",
    "m_W_v",
    "m_b_m",
    "m_b_v",
    "n3_g_m",
    "n3_g_v",
    "logits_W_m",
    "logits_W_v",
    "logits_b_m",
    "logits_b_v",
};

static PyObject *names[43];

/* Parameters, state and data. */
static const field fields[] = {
    {0, 2, (const ptrdiff_t[]){76, 32}},
    {0, 1, (const ptrdiff_t[]){32}},
    {0, 2, (const ptrdiff_t[]){32, 32}},
    {0, 2, (const ptrdiff_t[]){32, 32}},
    {0, 2, (const ptrdiff_t[]){32, 32}},
    {0, 2, (const ptrdiff_t[]){32, 32}},
    {0, 1, (const ptrdiff_t[]){32}},
    {0, 2, (const ptrdiff_t[]){32, 64}},
    {0, 1, (const ptrdiff_t[]){64}},
    {0, 2, (const ptrdiff_t[]){64, 32}},
    {0, 1, (const ptrdiff_t[]){32}},
    {0, 1, (const ptrdiff_t[]){32}},
    {0, 2, (const ptrdiff_t[]){32, 76}},
    {0, 1, (const ptrdiff_t[]){76}},
    {0, 0, NULL},
    {0, 2, (const ptrdiff_t[]){76, 32}},
    {0, 2, (const ptrdiff_t[]){76, 32}},
    {0, 1, (const ptrdiff_t[]){32}},
    {0, 1, (const ptrdiff_t[]){32}},
    {0, 2, (const ptrdiff_t[]){32, 32}},
    {0, 2, (const ptrdiff_t[]){32, 32}},
    {0, 2, (const ptrdiff_t[]){32, 32}},
    {0, 2, (const ptrdiff_t[]){32, 32}},
    {0, 2, (const ptrdiff_t[]){32, 32}},
    {0, 2, (const ptrdiff_t[]){32, 32}},
    {0, 2, (const ptrdiff_t[]){32, 32}},
    {0, 2, (const ptrdiff_t[]){32, 32}},
    {0, 1, (const ptrdiff_t[]){32}},
    {0, 1, (const ptrdiff_t[]){32}},
    {0, 2, (const ptrdiff_t[]){32, 64}},
    {0, 2, (const ptrdiff_t[]){32, 64}},
    {0, 1, (const ptrdiff_t[]){64}},
    {0, 1, (const ptrdiff_t[]){64}},
    {0, 2, (const ptrdiff_t[]){64, 32}},
    {0, 2, (const ptrdiff_t[]){64, 32}},
    {0, 1, (const ptrdiff_t[]){32}},
    {0, 1, (const ptrdiff_t[]){32}},
    {0, 1, (const ptrdiff_t[]){32}},
    {0, 1, (const ptrdiff_t[]){32}},
    {0, 2, (const ptrdiff_t[]){32, 76}},
    {0, 2, (const ptrdiff_t[]){32, 76}},
    {0, 1, (const ptrdiff_t[]){76}},
    {0, 1, (const ptrdiff_t[]){76}},
    {1, 2, (const ptrdiff_t[]){~0, ~1}},
    {1, 2, (const ptrdiff_t[]){~0, ~1}},
};

static PyObject *train_step_entry(PyObject *self, PyObject *const *given, ptrdiff_t count)
{
    (void)self;
    (void)count;
    arguments a = {0};
    hyper_from(given + 4, &a.hyper);
    if (PyErr_Occurred() != NULL) {
        return NULL;
    }
    PyObject *held[43];
    int found = from_dict(given[0], names, fields, 14, held);
    if (found == 14) {
        found += from_dict(given[1], names + 14, fields + 14, 29, held + 14);
    }
    double loss = 0.0;
    int status = -1;
    if (found == 43 && all_fit(given + 2, fields + 43, 2, a.sizes)) {
        params_from(held, &a.params);
        state_from(held + 14, &a.state);
        data_from(given + 2, &a.data);
        status = train_step_run(&a, &loss);
    }
    release(held, found);
    if (status == 0) {
        return PyFloat_FromDouble(loss);
    }
    if (PyErr_Occurred() != NULL) {
        return NULL;
    }
    Py_IncRef(python.none);
    return python.none;
}

/* A step's arguments, and the objects that they point into. */
typedef struct bound {
    arguments given;
    ptrdiff_t count;
    PyObject *held[];
} bound;

static void unbound(PyObject *capsule)
{
    bound *own = PyCapsule_GetPointer(capsule, NULL);
    release(own->held, own->count);
    free(own);
}

static PyObject *bound_entry(PyObject *capsule, PyObject *nothing)
{
    (void)nothing;
    const bound *own = PyCapsule_GetPointer(capsule, NULL);
    return called(train_step_run, &own->given);
}

static PyMethodDef bound_method = {
    "step", (void (*)(void))bound_entry, METH_NOARGS, "Do one step; return the loss before it.",
};

static PyObject *bind_entry(PyObject *self, PyObject *const *given, ptrdiff_t count)
{
    (void)self;
    const size_t size = sizeof(bound) + (size_t)count * sizeof(PyObject *);
    bound *own = malloc(size);
    if (own == NULL) {
        return PyErr_NoMemory();
    }
    own->count = count;
    for (ptrdiff_t k = 0; k < count; k++) {
        Py_IncRef(given[k]);
        own->held[k] = given[k];
    }
    arguments a;
    given = sizes_from(given, a.sizes, 2);
    given = params_from(given, &a.params);
    given = state_from(given, &a.state);
    given = data_from(given, &a.data);
    hyper_from(given, &a.hyper);
    own->given = a;
    PyObject *capsule = PyCapsule_New(own, NULL, unbound);
    if (capsule == NULL) {
        release(own->held, count);
        free(own);
        return NULL;
    }
    PyObject *step = PyErr_Occurred() == NULL ? PyCFunction_NewEx(&bound_method, capsule, NULL) :
            NULL;
    Py_DecRef(capsule);
    return step;
}

static PyObject *fit_entry(PyObject *self, PyObject *const *given, ptrdiff_t count)
{
    (void)self;
    (void)count;
    arguments a;
    given = sizes_from(given, a.sizes, 2);
    given = params_from(given, &a.params);
    given = state_from(given, &a.state);
    given = data_from(given, &a.data);
    given = hyper_from(given, &a.hyper);
    char_transformer_training how;
    how.batch_size = PyNumber_AsSsize_t(given[0], PyExc_OverflowError);
    how.start = PyNumber_AsSsize_t(given[1], PyExc_OverflowError);
    how.epochs = PyNumber_AsSsize_t(given[2], PyExc_OverflowError);
    how.seed = PyLong_AsUnsignedLongLongMask(given[3]);
    how.shuffle = PyObject_IsTrue(given[4]);
    watcher watch = {given[5], NULL, 0};
    how.watch = given[5] == python.none ? NULL : watched;
    how.pause = paused;
    how.context = &watch;
    if (PyErr_Occurred() != NULL) {
        return NULL;
    }
    block own;
    double *work = take(&own, (size_t)(CHAR_TRANSFORMER_FIT_WORKSPACE(how.batch_size, a.sizes[1])) *
            sizeof(double));
    if (work == NULL) {
        return NULL;
    }
    /* With a callback the lock is wanted after every epoch. */
    watch.thread = unlocked(how.watch == NULL ? ENOUGH + 1 : operations(a.sizes));
    const int status = char_transformer_fit(a.sizes[0], a.sizes[1], &a.params, &a.state, &a.data,
            &a.hyper, &how, work, memory(given[6]));
    locked(watch.thread);
    give(own);
    if (PyErr_Occurred() != NULL) {
        return NULL;
    }
    if (status < 0) {
        return finished(status, 0.0);
    }
    return PyLong_FromSsize_t(how.watch == NULL ? how.epochs : watch.done);
}

static PyMethodDef methods[] = {
    {"predict", (void (*)(void))predict_entry, METH_FASTCALL, NULL},
    {"forward", (void (*)(void))forward_entry, METH_FASTCALL, NULL},
    {"backward", (void (*)(void))backward_entry, METH_FASTCALL, NULL},
    {"value_and_grad", (void (*)(void))value_and_grad_entry, METH_FASTCALL, NULL},
    {"step", (void (*)(void))step_entry, METH_FASTCALL, NULL},
    {"train_step", (void (*)(void))train_step_entry, METH_FASTCALL, NULL},
    {"bind", (void (*)(void))bind_entry, METH_FASTCALL, NULL},
    {"fit", (void (*)(void))fit_entry, METH_FASTCALL, NULL},
};

PyObject *char_transformer_functions(PyObject *none, PyObject *dict, PyObject *ndarray,
        PyObject *real, PyObject *integer, ptrdiff_t header);

/* Returns the functions above, in a tuple; what is handed in is kept. */
PyObject *char_transformer_functions(PyObject *none, PyObject *dict, PyObject *ndarray,
        PyObject *real, PyObject *integer, ptrdiff_t header)
{
    python.none = none;
    python.dict = dict;
    python.ndarray = ndarray;
    python.real = real;
    python.integer = integer;
    python.header = header;
    Py_IncRef(none);
    Py_IncRef(dict);
    Py_IncRef(ndarray);
    Py_IncRef(real);
    Py_IncRef(integer);
    for (int k = 0; k < 43; k++) {
        names[k] = PyUnicode_InternFromString(texts[k]);
        if (names[k] == NULL) {
            return NULL;
        }
    }
    return made(methods, 8);
}
