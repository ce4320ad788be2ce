/*
 * A file that includes this gives `train` and `listed`, and is an extension module with
 *
 *     step()      one step; the loss before it
 *     run(count)  so many steps in a loop in C; the last loss
 *     arrays()    name -> memory of each array that the step reads or trains
 *     nothing()   None, at once: what a call costs
 *
 * and with the function `by_hand_step` for those who call it through ctypes.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

typedef REAL real;

typedef struct {
    const char *name;
    void *start;
    size_t bytes;
} array;

#define ARRAY(a) {#a, a, sizeof a}

static double train(void);
static const array *listed(void); /* ends with a name that is NULL */

double by_hand_step(void);

double by_hand_step(void)
{
    return train();
}

static PyObject *step(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    return PyFloat_FromDouble(train());
}

static PyObject *run(PyObject *self, PyObject *count)
{
    (void)self;
    double loss = 0.0;
    for (long left = PyLong_AsLong(count); left > 0; left--) {
        loss = train();
    }
    return PyFloat_FromDouble(loss);
}

static PyObject *arrays(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    PyObject *found = PyDict_New();
    for (const array *a = listed(); found && a->name; a++) {
        PyObject *view = PyMemoryView_FromMemory(a->start, (Py_ssize_t)a->bytes, PyBUF_WRITE);
        if (!view || PyDict_SetItemString(found, a->name, view) < 0) {
            Py_CLEAR(found);
        }
        Py_XDECREF(view);
    }
    return found;
}

static PyObject *nothing(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    Py_RETURN_NONE;
}

static PyMethodDef METHODS[] = {
    {"step", step, METH_NOARGS, NULL},
    {"run", run, METH_O, NULL},
    {"arrays", arrays, METH_NOARGS, NULL},
    {"nothing", nothing, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

#define TEXT_OF(word) #word
#define TEXT(word) TEXT_OF(word)
#define JOIN_OF(a, b) a##b
#define JOIN(a, b) JOIN_OF(a, b)

static struct PyModuleDef DEFINITION = {
    PyModuleDef_HEAD_INIT, TEXT(MODULE), NULL, -1, METHODS, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC JOIN(PyInit_, MODULE)(void);

PyMODINIT_FUNC JOIN(PyInit_, MODULE)(void)
{
    return PyModule_Create(&DEFINITION);
}
