/*
 * lenet: forward pass, gradients and training step for Python (float64).
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
 * Made by symbp 0.1.0 from lenet.bp (network cc517f205c0db5c2):
 *     symbp build lenet.bp --target c --dtype float64
 * Do not edit: change the description and build again.
 * This file is yours to use as you like. SPDX-License-Identifier: MIT-0
 */

#include "lenet.h"

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
    ptrdiff_t sizes[1];
    lenet_params params;
    lenet_state state;
    lenet_data data;
    lenet_hyper hyper;
    lenet_tape tape;
    lenet_outputs outputs;
    lenet_params grads;
} arguments;

typedef int (*run)(const arguments *a, double *loss);

static inline PyObject *called(run function, const arguments *a)
{
    double loss = 0.0;
    const int status = PyErr_Occurred() == NULL ? function(a, &loss) : -1;
    return finished(status, loss);
}

static PyObject *const *params_from(PyObject *const *o, lenet_params *to)
{
    to->c1_K = memory(o[0]);
    to->c1_b = memory(o[1]);
    to->c2_K = memory(o[2]);
    to->c2_b = memory(o[3]);
    to->h_W = memory(o[4]);
    to->h_b = memory(o[5]);
    to->logits_W = memory(o[6]);
    to->logits_b = memory(o[7]);
    return o + 8;
}

static PyObject *const *state_from(PyObject *const *o, lenet_state *to)
{
    to->step = memory(o[0]);
    to->c1_K_m = memory(o[1]);
    to->c1_K_v = memory(o[2]);
    to->c1_b_m = memory(o[3]);
    to->c1_b_v = memory(o[4]);
    to->c2_K_m = memory(o[5]);
    to->c2_K_v = memory(o[6]);
    to->c2_b_m = memory(o[7]);
    to->c2_b_v = memory(o[8]);
    to->h_W_m = memory(o[9]);
    to->h_W_v = memory(o[10]);
    to->h_b_m = memory(o[11]);
    to->h_b_v = memory(o[12]);
    to->logits_W_m = memory(o[13]);
    to->logits_W_v = memory(o[14]);
    to->logits_b_m = memory(o[15]);
    to->logits_b_v = memory(o[16]);
    return o + 17;
}

static PyObject *const *data_from(PyObject *const *o, lenet_data *to)
{
    to->x = memory(o[0]);
    to->t = memory(o[1]);
    return o + 2;
}

static PyObject *const *hyper_from(PyObject *const *o, lenet_hyper *to)
{
    to->learning_rate = PyFloat_AsDouble(o[0]);
    to->beta1 = PyFloat_AsDouble(o[1]);
    to->beta2 = PyFloat_AsDouble(o[2]);
    to->epsilon = PyFloat_AsDouble(o[3]);
    return o + 4;
}

static PyObject *const *tape_from(PyObject *const *o, lenet_tape *to)
{
    to->c1_padded = memory(o[0]);
    to->s1 = memory(o[1]);
    to->c2_padded = memory(o[2]);
    to->s2 = memory(o[3]);
    to->flatten = memory(o[4]);
    to->h = memory(o[5]);
    to->s2_z_winner = memory(o[6]);
    to->s1_z_winner = memory(o[7]);
    to->output_Z_shifted = memory(o[8]);
    to->v1 = memory(o[9]);
    return o + 10;
}

static PyObject *const *outputs_from(PyObject *const *o, lenet_outputs *to)
{
    to->output = memory(o[0]);
    return o + 1;
}

/* About how many operations a training step has. */
static ptrdiff_t operations(const ptrdiff_t *sizes)
{
    return 1506141 * sizes[0] + 166661;
}

static int predict_run(const arguments *a, double *loss)
{
    block own;
    double *work = take(&own, lenet_predict_workspace_bytes(a->sizes[0]));
    if (work == NULL) {
        return -1;
    }
    (void)loss;
    PyThreadState *thread = unlocked(operations(a->sizes));
    const int status = lenet_predict(a->sizes[0], &a->params, &a->data, &a->outputs, work);
    locked(thread);
    give(own);
    return status;
}

static PyObject *predict_entry(PyObject *self, PyObject *const *given, ptrdiff_t count)
{
    (void)self;
    (void)count;
    arguments a;
    given = sizes_from(given, a.sizes, 1);
    given = params_from(given, &a.params);
    given = data_from(given, &a.data);
    outputs_from(given, &a.outputs);
    return called(predict_run, &a);
}

static int forward_run(const arguments *a, double *loss)
{
    block own;
    double *work = take(&own, lenet_workspace_bytes(a->sizes[0]));
    if (work == NULL) {
        return -1;
    }
    PyThreadState *thread = unlocked(operations(a->sizes));
    const int status = lenet_forward(a->sizes[0], &a->params, &a->data, &a->tape, work, loss);
    locked(thread);
    give(own);
    return status;
}

static PyObject *forward_entry(PyObject *self, PyObject *const *given, ptrdiff_t count)
{
    (void)self;
    (void)count;
    arguments a;
    given = sizes_from(given, a.sizes, 1);
    given = params_from(given, &a.params);
    given = data_from(given, &a.data);
    tape_from(given, &a.tape);
    return called(forward_run, &a);
}

static int backward_run(const arguments *a, double *loss)
{
    block own;
    double *work = take(&own, lenet_workspace_bytes(a->sizes[0]));
    if (work == NULL) {
        return -1;
    }
    (void)loss;
    PyThreadState *thread = unlocked(operations(a->sizes));
    const int status = lenet_backward(a->sizes[0], &a->params, &a->data, &a->tape, &a->grads, work);
    locked(thread);
    give(own);
    return status;
}

static PyObject *backward_entry(PyObject *self, PyObject *const *given, ptrdiff_t count)
{
    (void)self;
    (void)count;
    arguments a;
    given = sizes_from(given, a.sizes, 1);
    given = params_from(given, &a.params);
    given = data_from(given, &a.data);
    given = tape_from(given, &a.tape);
    params_from(given, &a.grads);
    return called(backward_run, &a);
}

static int value_and_grad_run(const arguments *a, double *loss)
{
    block own;
    double *work = take(&own, lenet_workspace_bytes(a->sizes[0]));
    if (work == NULL) {
        return -1;
    }
    PyThreadState *thread = unlocked(operations(a->sizes));
    const int status = lenet_value_and_grad(a->sizes[0], &a->params, &a->data, &a->grads, work,
            loss);
    locked(thread);
    give(own);
    return status;
}

static PyObject *value_and_grad_entry(PyObject *self, PyObject *const *given, ptrdiff_t count)
{
    (void)self;
    (void)count;
    arguments a;
    given = sizes_from(given, a.sizes, 1);
    given = params_from(given, &a.params);
    given = data_from(given, &a.data);
    params_from(given, &a.grads);
    return called(value_and_grad_run, &a);
}

static int train_step_run(const arguments *a, double *loss)
{
    block own;
    double *work = take(&own, lenet_workspace_bytes(a->sizes[0]));
    if (work == NULL) {
        return -1;
    }
    PyThreadState *thread = unlocked(operations(a->sizes));
    const int status = lenet_train_step(a->sizes[0], &a->params, &a->state, &a->data, &a->hyper,
            work, loss);
    locked(thread);
    give(own);
    return status;
}

static PyObject *step_entry(PyObject *self, PyObject *const *given, ptrdiff_t count)
{
    (void)self;
    (void)count;
    arguments a;
    given = sizes_from(given, a.sizes, 1);
    given = params_from(given, &a.params);
    given = state_from(given, &a.state);
    given = data_from(given, &a.data);
    hyper_from(given, &a.hyper);
    return called(train_step_run, &a);
}

static const char *const texts[] = {
    "c1_K",
    "c1_b",
    "c2_K",
    "c2_b",
    "h_W",
    "h_b",
    "logits_W",
    "logits_b",
    "step",
    "c1_K_m",
    "c1_K_v",
    "c1_b_m",
    "c1_b_v",
    "c2_K_m",
    "c2_K_v",
    "c2_b_m",
    "c2_b_v",
    "h_W_m",
    "h_W_v",
    "h_b_m",
    "h_b_v",
    "logits_W_m",
    "logits_W_v",
    "logits_b_m",
    "logits_b_v",
};

static PyObject *names[25];

/* Parameters, state and data. */
static const field fields[] = {
    {0, 4, (const ptrdiff_t[]){16, 1, 3, 3}},
    {0, 1, (const ptrdiff_t[]){16}},
    {0, 4, (const ptrdiff_t[]){32, 16, 3, 3}},
    {0, 1, (const ptrdiff_t[]){32}},
    {0, 2, (const ptrdiff_t[]){128, 32}},
    {0, 1, (const ptrdiff_t[]){32}},
    {0, 2, (const ptrdiff_t[]){32, 10}},
    {0, 1, (const ptrdiff_t[]){10}},
    {0, 0, NULL},
    {0, 4, (const ptrdiff_t[]){16, 1, 3, 3}},
    {0, 4, (const ptrdiff_t[]){16, 1, 3, 3}},
    {0, 1, (const ptrdiff_t[]){16}},
    {0, 1, (const ptrdiff_t[]){16}},
    {0, 4, (const ptrdiff_t[]){32, 16, 3, 3}},
    {0, 4, (const ptrdiff_t[]){32, 16, 3, 3}},
    {0, 1, (const ptrdiff_t[]){32}},
    {0, 1, (const ptrdiff_t[]){32}},
    {0, 2, (const ptrdiff_t[]){128, 32}},
    {0, 2, (const ptrdiff_t[]){128, 32}},
    {0, 1, (const ptrdiff_t[]){32}},
    {0, 1, (const ptrdiff_t[]){32}},
    {0, 2, (const ptrdiff_t[]){32, 10}},
    {0, 2, (const ptrdiff_t[]){32, 10}},
    {0, 1, (const ptrdiff_t[]){10}},
    {0, 1, (const ptrdiff_t[]){10}},
    {0, 2, (const ptrdiff_t[]){~0, 64}},
    {1, 1, (const ptrdiff_t[]){~0}},
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
    PyObject *held[25];
    int found = from_dict(given[0], names, fields, 8, held);
    if (found == 8) {
        found += from_dict(given[1], names + 8, fields + 8, 17, held + 8);
    }
    double loss = 0.0;
    int status = -1;
    if (found == 25 && all_fit(given + 2, fields + 25, 2, a.sizes)) {
        params_from(held, &a.params);
        state_from(held + 8, &a.state);
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
    given = sizes_from(given, a.sizes, 1);
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
    given = sizes_from(given, a.sizes, 1);
    given = params_from(given, &a.params);
    given = state_from(given, &a.state);
    given = data_from(given, &a.data);
    given = hyper_from(given, &a.hyper);
    lenet_training how;
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
    double *work = take(&own, (size_t)(LENET_FIT_WORKSPACE(how.batch_size)) * sizeof(double));
    if (work == NULL) {
        return NULL;
    }
    /* With a callback the lock is wanted after every epoch. */
    watch.thread = unlocked(how.watch == NULL ? ENOUGH + 1 : operations(a.sizes));
    const int status = lenet_fit(a.sizes[0], &a.params, &a.state, &a.data, &a.hyper, &how, work,
            memory(given[6]));
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

PyObject *lenet_functions(PyObject *none, PyObject *dict, PyObject *ndarray, PyObject *real,
        PyObject *integer, ptrdiff_t header);

/* Returns the functions above, in a tuple; what is handed in is kept. */
PyObject *lenet_functions(PyObject *none, PyObject *dict, PyObject *ndarray, PyObject *real,
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
    for (int k = 0; k < 25; k++) {
        names[k] = PyUnicode_InternFromString(texts[k]);
        if (names[k] == NULL) {
            return NULL;
        }
    }
    return made(methods, 8);
}
