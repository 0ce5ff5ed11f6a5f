/* interpreter.c - CPython's C API, and the few steps of its main program that an embedder has to
 * make by himself.
 *
 * The script is compiled and evaluated here rather than by runpy (4 ms) or PyRun_SimpleFile (whose
 * way out of a SystemExit is Py_FinalizeEx: it takes down every imported module, which a copy of a
 * zygote pays for in copied pages). The end is scripts/zygote.py's finish(): what a script can see
 * of it, in the same order.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "worker/sandbox/zygote/interpreter.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/embedded.h"
#include "sandbox_scripts.h"

enum { SOURCE_BYTES_MAX = 64 << 20 };

static bool fork_told;    /* the hooks after a fork have run */
static PyObject *helpers; /* the namespace of scripts/zygote.py */

/* Standard streams of the kinds a job will have: their buffers remember it. */
static bool streams_make(void)
{
    int pipes[2], input = memfd_create("stdin", MFD_CLOEXEC);
    bool ok = input >= 0 && pipe2(pipes, O_CLOEXEC) == 0 && dup2(input, 0) == 0 &&
              dup2(pipes[1], 1) == 1 && dup2(pipes[1], 2) == 2;

    if (!ok)
        return false;
    close(input);
    close(pipes[0]);
    close(pipes[1]);
    return true;
}

static bool streams_silence(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    bool ok = null >= 0 && dup2(null, 1) == 1 && dup2(null, 2) == 2;

    if (null >= 0)
        close(null);
    return ok;
}

static bool python_start(void)
{
    char *const argv[] = { "/usr/bin/python3", "-B", "-u", "-s" };
    PyConfig config;

    PyConfig_InitPythonConfig(&config);
    PyStatus status = PyConfig_SetBytesArgv(&config, 4, argv);
    if (!PyStatus_Exception(status))
        status = PyConfig_SetBytesString(&config, &config.executable, argv[0]);
    if (!PyStatus_Exception(status))
        status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    return !PyStatus_Exception(status);
}

static bool helpers_load(void)
{
    const struct embedded *e = sandbox_scripts;

    while (e->name && strcmp(e->name, "zygote") != 0)
        e++;
    PyObject *code = e->name ? Py_CompileString(e->text, "<execgov>", Py_file_input) : NULL;
    helpers = PyDict_New();
    if (!code || !helpers ||
        PyDict_SetItemString(helpers, "__builtins__", PyEval_GetBuiltins()) < 0)
        return false;
    PyObject *name = PyUnicode_FromString("execgov_zygote");
    if (!name || PyDict_SetItemString(helpers, "__name__", name) < 0)
        return false;
    Py_DECREF(name);
    PyObject *done = PyEval_EvalCode(code, helpers, helpers);
    Py_DECREF(code);
    Py_XDECREF(done);
    return done != NULL;
}

/* The next `count` texts as a list of str. */
static PyObject *names_list(const struct zygote_setup *setup, uint32_t count, size_t *at)
{
    PyObject *list = PyList_New(0);

    for (uint32_t i = 0; list && i < count; i++) {
        const char *text = setup->text + *at;
        const char *end = *at < setup->text_bytes ? memchr(text, 0, setup->text_bytes - *at) : NULL;
        if (!end)
            break;
        *at += (size_t)(end - text) + 1;
        PyObject *name = PyUnicode_DecodeFSDefault(text);
        if (name)
            PyList_Append(list, name);
        Py_XDECREF(name);
        PyErr_Clear();
    }
    return list;
}

bool interpreter_load(const struct zygote_setup *setup, char reason[ZYGOTE_REASON_BYTES])
{
    size_t at = 0;

    snprintf(reason, ZYGOTE_REASON_BYTES, "python did not start");
    if (setup->text_bytes > sizeof setup->text || !streams_make() || !python_start() ||
        !streams_silence() || !helpers_load())
        return false;
    PyObject *imports = names_list(setup, setup->import_count, &at);
    PyObject *locals = names_list(setup, setup->local_count, &at);
    PyObject *load = PyDict_GetItemString(helpers, "load");
    PyObject *answer = imports && locals && load
                           ? PyObject_CallFunction(load, "OOs", imports, locals, setup->wheels)
                           : NULL;
    const char *text = answer && PyUnicode_Check(answer) ? PyUnicode_AsUTF8(answer) : NULL;
    snprintf(reason, ZYGOTE_REASON_BYTES, "%s", text ? text : "imports failed");
    Py_XDECREF(imports);
    Py_XDECREF(locals);
    Py_XDECREF(answer);
    return text && !*text;
}

pid_t interpreter_fork(void)
{
    PyOS_BeforeFork();
    pid_t pid = fork();
    if (pid != 0)
        PyOS_AfterFork_Parent();
    return pid;
}

static PyObject *argv_list(const char *const *argv, int argc)
{
    PyObject *list = PyList_New(argc);

    for (int i = 0; list && i < argc; i++) {
        PyObject *text = PyUnicode_DecodeFSDefault(argv[i]);
        if (!text)
            return NULL;
        PyList_SET_ITEM(list, i, text);
    }
    return list;
}

/* The whole file, NUL-terminated; NULL with errno. */
static char *source_read(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    char *text = NULL;
    size_t at = 0;

    if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size <= SOURCE_BYTES_MAX)
        text = malloc((size_t)st.st_size + 1);
    while (text && at < (size_t)st.st_size) {
        ssize_t n = read(fd, text + at, (size_t)st.st_size - at);
        if (n <= 0)
            break;
        at += (size_t)n;
    }
    if (text)
        text[at] = 0;
    if (fd >= 0)
        close(fd);
    return text;
}

/* What sys.exit was given, as a number; anything but a number is printed. Takes the exception. */
static int exit_code(void)
{
    PyObject *type, *value, *trace, *code = NULL;
    int result = 0;

    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    if (value)
        code = PyObject_GetAttrString(value, "code");
    if (code && PyLong_Check(code)) {
        result = (int)PyLong_AsLong(code);
        if (result == -1 && PyErr_Occurred())
            PyErr_Clear();
    } else if (code && code != Py_None) {
        PyObject *errors = PySys_GetObject("stderr");
        if (errors && errors != Py_None)
            PyFile_WriteObject(code, errors, Py_PRINT_RAW);
        PyErr_Clear();
        PySys_WriteStderr("\n");
        result = 1;
    }
    Py_XDECREF(code);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
    return result;
}

/* Evaluate `source` in `space`. NULL with an exception. */
static PyObject *source_run(const char *source, const char *path, PyObject *space)
{
    PyObject *name = PyUnicode_DecodeFSDefault(path);
    PyObject *code = name ? Py_CompileStringObject(source, name, Py_file_input, NULL, -1) : NULL;
    PyObject *value = code && space ? PyEval_EvalCode(code, space, space) : NULL;

    Py_XDECREF(name);
    Py_XDECREF(code);
    return value;
}

/* Exit code of the script; `interrupted`: by a KeyboardInterrupt nobody caught. */
static int main_run(const char *entry, bool *interrupted)
{
    PyObject *module = PyImport_AddModule("__main__");
    PyObject *space = module ? PyModule_GetDict(module) : NULL;
    char path[PATH_MAX];
    char *source = source_read(entry);

    if (!source) {
        PySys_WriteStderr("/usr/bin/python3: can't open file '/work/%s': [Errno %d] %s\n", entry,
                          errno, strerror(errno));
        return 2;
    }
    snprintf(path, sizeof path, "/work/%s", entry);
    PyObject *value = source_run(source, path, space);
    free(source);
    Py_XDECREF(value);
    if (value)
        return 0;
    if (PyErr_ExceptionMatches(PyExc_SystemExit))
        return exit_code();
    *interrupted = PyErr_ExceptionMatches(PyExc_KeyboardInterrupt);
    PyErr_Print();
    return 1;
}

static bool helper_call(const char *name, PyObject *arguments)
{
    PyObject *function = PyDict_GetItemString(helpers, name);
    PyObject *answer = function && arguments ? PyObject_CallObject(function, arguments) : NULL;
    bool ok = answer && answer != Py_False;

    if (!answer)
        PyErr_Print();
    Py_XDECREF(answer);
    Py_XDECREF(arguments);
    return ok;
}

/* See finish() in scripts/zygote.py. */
static PyObject *mine_names(PyObject *self, PyObject *unused)
{
    PyObject *loaded = PyDict_GetItemString(helpers, "loaded"), *modules = PySys_GetObject("modules");
    PyObject *list = PyList_New(0), *name, *module;
    Py_ssize_t at = 0;

    (void)self, (void)unused;
    while (list && loaded && modules && PyDict_Check(modules) &&
           PyDict_Next(modules, &at, &name, &module)) {
        int there = PySet_Contains(loaded, name);
        if (there < 0)
            PyErr_Clear(); /* a script may put anything there */
        if (there <= 0 || (PyUnicode_Check(name) && PyUnicode_CompareWithASCIIString(name, "__main__") == 0))
            PyList_Append(list, name);
    }
    return list;
}

static PyMethodDef mine_names_method = { "mine_names", mine_names, METH_NOARGS, NULL };

static void fork_tell(void)
{
    if (!fork_told)
        PyOS_AfterFork_Child();
    fork_told = true;
}

void interpreter_rehearse(void)
{
    PyObject *value = NULL;

    fork_tell();
    PyObject *space = PyDict_New(), *play = PyDict_GetItemString(helpers, "PLAY");
    if (space && play && PyDict_SetItemString(space, "__builtins__", PyEval_GetBuiltins()) == 0)
        value = source_run(PyUnicode_AsUTF8(play), "/work/main.py", space);
    Py_XDECREF(value);
    Py_XDECREF(space);
    PyErr_Clear();
    helper_call("rehearse", Py_BuildValue("(N)", PyCFunction_New(&mine_names_method, NULL)));
}

_Noreturn void interpreter_run(const char *const *argv, int argc, const char *zone)
{
    bool interrupted = false;

    fork_tell();
    if (!helper_call("begin", Py_BuildValue("(Ns)", argv_list(argv, argc), zone)))
        _exit(1);
    int code = main_run(argv[0], &interrupted);
    if (!helper_call("finish", Py_BuildValue("(N)", PyCFunction_New(&mine_names_method, NULL))))
        code = 120; /* what was printed could not be written, as python3 says it */
    fflush(NULL);
    if (interrupted) {
        signal(SIGINT, SIG_DFL);
        kill(getpid(), SIGINT);
    }
    _exit(code);
}
