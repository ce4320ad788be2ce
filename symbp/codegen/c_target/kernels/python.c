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
