/* SPDX-License-Identifier: Apache-2.0 */
#include "pkcs11/module.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/* PKCS #11 3.0, 5.4: what C_GetInterface gives. Its list begins as that of 2.40 does. */
struct interface {
    const char *name;
    const CK_FUNCTION_LIST *functions;
    CK_FLAGS flags;
};

typedef CK_RV get_interface_function(unsigned char *name, CK_VERSION *version,
                                     struct interface **interface, CK_FLAGS flags);
typedef CK_RV get_function_list_function(CK_FUNCTION_LIST **functions);

static int version_of(const CK_FUNCTION_LIST *functions) {
    return functions->version.major << 8 | functions->version.minor;
}

/* ISO C has no conversion from an object's address to a function's; POSIX makes them the same. */
#define RESOLVE(module, name, function)                                                            \
    do {                                                                                           \
        void *symbol = dlsym((module)->loaded, name);                                              \
        memcpy(&(function), &symbol, sizeof symbol);                                               \
    } while (0)

/* Finds the functions; the module's CK_RV, or CKR_FUNCTION_NOT_SUPPORTED if it is no module. */
static CK_RV find_functions(struct p11_module *module) {
    get_function_list_function *get_function_list;
    get_interface_function *get_interface;
    CK_RV code = CKR_FUNCTION_NOT_SUPPORTED;
    RESOLVE(module, "C_GetFunctionList", get_function_list);
    RESOLVE(module, "C_GetInterface", get_interface);
    if (get_function_list != NULL) {
        CK_FUNCTION_LIST *list = NULL;
        code = get_function_list(&list);
        if (code == CKR_OK && list != NULL) {
            module->functions = list;
            module->version = version_of(list);
            module->offered = module->version;
        }
    }
    if (get_interface != NULL) {
        struct interface *interface = NULL;
        CK_RV answer = get_interface(NULL, NULL, &interface, 0);
        if (answer == CKR_OK && interface != NULL && interface->functions != NULL) {
            module->offered = version_of(interface->functions);
            if (module->functions == NULL) {
                module->functions = interface->functions;
                module->version = module->offered;
                code = CKR_OK;
            }
        }
    }
    if (code == CKR_OK && module->functions == NULL) {
        code = CKR_GENERAL_ERROR;
    }
    return code;
}

/* The linker's words follow the locale, in an encoding that NewStringUTF would not take. */
static void tell_reason(JNIEnv *env, jobjectArray reason) {
    const char *words = dlerror();
    if (words == NULL) {
        words = "the dynamic linker gives no reason";
    }
    put_array(env, reason, 0, (const unsigned char *)words, strlen(words));
}

/*
 * Returns the loaded module, or 0 with the linker's reason in reason[0] or the module's code in
 * code[0]. It is never unloaded: vendors' code leaves threads and exit handlers behind.
 */
P11_NATIVE(jlong, load)
(JNIEnv *env, jclass c, jbyteArray path, jboolean now, jboolean global, jboolean deep_bind,
 jobjectArray reason, jlongArray code) {
    jsize length = (*env)->GetArrayLength(env, path);
    char *file = malloc((size_t)length + 1);
    struct p11_module *module = calloc(1, sizeof *module);
    if (file == NULL || module == NULL) {
        free(file);
        free(module);
        put_long(env, code, CKR_HOST_MEMORY);
        return 0;
    }
    (*env)->GetByteArrayRegion(env, path, 0, length, (jbyte *)file);
    file[length] = '\0';
    int mode = (now ? RTLD_NOW : RTLD_LAZY) | (global ? RTLD_GLOBAL : RTLD_LOCAL);
#ifdef RTLD_DEEPBIND /* glibc only */
    mode |= deep_bind ? RTLD_DEEPBIND : 0;
#endif
    module->loaded = dlopen(file, mode);
    free(file);
    if (module->loaded == NULL) {
        tell_reason(env, reason);
        free(module);
        return 0;
    }
    CK_RV found = find_functions(module);
    if (found != CKR_OK) {
        put_long(env, code, found);
        free(module);
        return 0;
    }
    return (jlong)(uintptr_t)module;
}

P11_NATIVE(jint, version)(JNIEnv *env, jclass c, jlong module) {
    return p11_module(module)->version;
}

P11_NATIVE(jint, offeredVersion)(JNIEnv *env, jclass c, jlong module) {
    return p11_module(module)->offered;
}
