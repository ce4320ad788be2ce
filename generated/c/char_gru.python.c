/*
 * char_gru: forward pass, gradients and training step for Python (float64).
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
 * Made by symbp 0.1.0 from char_gru.bp (network 5667b39f7c403b16):
 *     symbp build char_gru.bp --target c --dtype float64
 * Do not edit: change the description and build again.
 * This file is yours to use as you like. SPDX-License-Identifier: MIT-0
 */

#include "char_gru.h"

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
    char_gru_params params;
    char_gru_state state;
    char_gru_data data;
    char_gru_hyper hyper;
    char_gru_tape tape;
    char_gru_outputs outputs;
    char_gru_params grads;
} arguments;

typedef int (*run)(const arguments *a, double *loss);

static inline PyObject *called(run function, const arguments *a)
{
    double loss = 0.0;
    const int status = PyErr_Occurred() == NULL ? function(a, &loss) : -1;
    return finished(status, loss);
}

static PyObject *const *params_from(PyObject *const *o, char_gru_params *to)
{
    to->e_E = memory(o[0]);
    to->h_W = memory(o[1]);
    to->h_U = memory(o[2]);
    to->h_b = memory(o[3]);
    to->h_d = memory(o[4]);
    to->logits_W = memory(o[5]);
    to->logits_b = memory(o[6]);
    return o + 7;
}

static PyObject *const *state_from(PyObject *const *o, char_gru_state *to)
{
    to->step = memory(o[0]);
    to->e_E_m = memory(o[1]);
    to->e_E_v = memory(o[2]);
    to->h_W_m = memory(o[3]);
    to->h_W_v = memory(o[4]);
    to->h_U_m = memory(o[5]);
    to->h_U_v = memory(o[6]);
    to->h_b_m = memory(o[7]);
    to->h_b_v = memory(o[8]);
    to->h_d_m = memory(o[9]);
    to->h_d_v = memory(o[10]);
    to->logits_W_m = memory(o[11]);
    to->logits_W_v = memory(o[12]);
    to->logits_b_m = memory(o[13]);
    to->logits_b_v = memory(o[14]);
    return o + 15;
}

static PyObject *const *data_from(PyObject *const *o, char_gru_data *to)
{
    to->x = memory(o[0]);
    to->t = memory(o[1]);
    return o + 2;
}

static PyObject *const *hyper_from(PyObject *const *o, char_gru_hyper *to)
{
    to->learning_rate = PyFloat_AsDouble(o[0]);
    to->beta1 = PyFloat_AsDouble(o[1]);
    to->beta2 = PyFloat_AsDouble(o[2]);
    to->epsilon = PyFloat_AsDouble(o[3]);
    return o + 4;
}

static PyObject *const *tape_from(PyObject *const *o, char_gru_tape *to)
{
    to->h_h = memory(o[0]);
    to->h_y = memory(o[1]);
    to->h_s = memory(o[2]);
    to->h_a = memory(o[3]);
    to->h = memory(o[4]);
    to->loss_Z_shifted = memory(o[5]);
    to->v1 = memory(o[6]);
    return o + 7;
}

static PyObject *const *outputs_from(PyObject *const *o, char_gru_outputs *to)
{
    to->logits = memory(o[0]);
    return o + 1;
}

/* About how many operations a training step has. */
static ptrdiff_t operations(const ptrdiff_t *sizes)
{
    return 126705 * sizes[0] * sizes[1] + 394218;
}

static int predict_run(const arguments *a, double *loss)
{
    block own;
    double *work = take(&own, char_gru_predict_workspace_bytes(a->sizes[0], a->sizes[1]));
    if (work == NULL) {
        return -1;
    }
    (void)loss;
    PyThreadState *thread = unlocked(operations(a->sizes));
    const int status = char_gru_predict(a->sizes[0], a->sizes[1], &a->params, &a->data, &a->outputs,
            work);
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
    double *work = take(&own, char_gru_workspace_bytes(a->sizes[0], a->sizes[1]));
    if (work == NULL) {
        return -1;
    }
    PyThreadState *thread = unlocked(operations(a->sizes));
    const int status = char_gru_forward(a->sizes[0], a->sizes[1], &a->params, &a->data, &a->tape,
            work, loss);
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
    double *work = take(&own, char_gru_workspace_bytes(a->sizes[0], a->sizes[1]));
    if (work == NULL) {
        return -1;
    }
    (void)loss;
    PyThreadState *thread = unlocked(operations(a->sizes));
    const int status = char_gru_backward(a->sizes[0], a->sizes[1], &a->params, &a->data, &a->tape,
            &a->grads, work);
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
    double *work = take(&own, char_gru_workspace_bytes(a->sizes[0], a->sizes[1]));
    if (work == NULL) {
        return -1;
    }
    PyThreadState *thread = unlocked(operations(a->sizes));
    const int status = char_gru_value_and_grad(a->sizes[0], a->sizes[1], &a->params, &a->data,
            &a->grads, work, loss);
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
    double *work = take(&own, char_gru_workspace_bytes(a->sizes[0], a->sizes[1]));
    if (work == NULL) {
        return -1;
    }
    PyThreadState *thread = unlocked(operations(a->sizes));
    const int status = char_gru_train_step(a->sizes[0], a->sizes[1], &a->params, &a->state,
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
    "h_W",
    "h_U",
    "h_b",
    "h_d",
    "logits_W",
    "logits_b",
    "step",
    "e_E_m",
    "e_E_v",
    "h_W_m",
    "h_W_v",
    "h_U_m",
    "h_U_v",
    "h_b_m",
    "h_b_v",
    "h_d_m",
    "h_d_v",
    "logits_W_m",
    "logits_W_v",
    "logits_b_m",
    "logits_b_v",
};

static PyObject *names[22];

/* Parameters, state and data. */
static const field fields[] = {
    {0, 2, (const ptrdiff_t[]){76, 16}},
    {0, 3, (const ptrdiff_t[]){16, 3, 64}},
    {0, 3, (const ptrdiff_t[]){64, 3, 64}},
    {0, 2, (const ptrdiff_t[]){3, 64}},
    {0, 2, (const ptrdiff_t[]){3, 64}},
    {0, 2, (const ptrdiff_t[]){64, 76}},
    {0, 1, (const ptrdiff_t[]){76}},
    {0, 0, NULL},
    {0, 2, (const ptrdiff_t[]){76, 16}},
    {0, 2, (const ptrdiff_t[]){76, 16}},
    {0, 3, (const ptrdiff_t[]){16, 3, 64}},
    {0, 3, (const ptrdiff_t[]){16, 3, 64}},
    {0, 3, (const ptrdiff_t[]){64, 3, 64}},
    {0, 3, (const ptrdiff_t[]){64, 3, 64}},
    {0, 2, (const ptrdiff_t[]){3, 64}},
    {0, 2, (const ptrdiff_t[]){3, 64}},
    {0, 2, (const ptrdiff_t[]){3, 64}},
    {0, 2, (const ptrdiff_t[]){3, 64}},
    {0, 2, (const ptrdiff_t[]){64, 76}},
    {0, 2, (const ptrdiff_t[]){64, 76}},
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
    PyObject *held[22];
    int found = from_dict(given[0], names, fields, 7, held);
    if (found == 7) {
        found += from_dict(given[1], names + 7, fields + 7, 15, held + 7);
    }
    double loss = 0.0;
    int status = -1;
    if (found == 22 && all_fit(given + 2, fields + 22, 2, a.sizes)) {
        params_from(held, &a.params);
        state_from(held + 7, &a.state);
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
    char_gru_training how;
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
    double *work = take(&own, (size_t)(CHAR_GRU_FIT_WORKSPACE(how.batch_size, a.sizes[1])) *
            sizeof(double));
    if (work == NULL) {
        return NULL;
    }
    /* With a callback the lock is wanted after every epoch. */
    watch.thread = unlocked(how.watch == NULL ? ENOUGH + 1 : operations(a.sizes));
    const int status = char_gru_fit(a.sizes[0], a.sizes[1], &a.params, &a.state, &a.data, &a.hyper,
            &how, work, memory(given[6]));
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

PyObject *char_gru_functions(PyObject *none, PyObject *dict, PyObject *ndarray, PyObject *real,
        PyObject *integer, ptrdiff_t header);

/* Returns the functions above, in a tuple; what is handed in is kept. */
PyObject *char_gru_functions(PyObject *none, PyObject *dict, PyObject *ndarray, PyObject *real,
        PyObject *integer, ptrdiff_t header)
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
    for (int k = 0; k < 22; k++) {
        names[k] = PyUnicode_InternFromString(texts[k]);
        if (names[k] == NULL) {
            return NULL;
        }
    }
    return made(methods, 8);
}
