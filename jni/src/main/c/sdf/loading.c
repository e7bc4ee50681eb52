/* SPDX-License-Identifier: Apache-2.0 */
#include "sdf/sdf_library.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
#define SDF_NAME(name) "SDF_" #name,
    SDF_CALLED(SDF_NAME) SDF_FURTHER(SDF_NAME) SDF_REPORTED(SDF_NAME)
#undef SDF_NAME
};

#define NAMES ((jsize)(sizeof names / sizeof names[0]))

SDF_NATIVE(jobjectArray, functionNames)(JNIEnv *env, jclass c) {
    jclass string = (*env)->FindClass(env, "java/lang/String");
    if (string == NULL) {
        return NULL;
    }
    jobjectArray all = (*env)->NewObjectArray(env, NAMES, string, NULL);
    for (jsize i = 0; all != NULL && i < NAMES; i++) {
        jstring name = (*env)->NewStringUTF(env, names[i]);
        if (name == NULL) {
            return NULL; /* An OutOfMemoryError is on its way. */
        }
        (*env)->SetObjectArrayElement(env, all, i, name);
        (*env)->DeleteLocalRef(env, name);
    }
    return all;
}

/* ISO C has no conversion from an object's address to a function's; POSIX makes them the same. */
static void *resolve(const struct sdf_library *library, const char *name) {
    return dlsym(library->loaded, name);
}

#define RESOLVE(name)                                                                              \
    do {                                                                                           \
        void *symbol = resolve(library, "SDF_" #name);                                             \
        memcpy(&library->name, &symbol, sizeof symbol);                                            \
    } while (0);

/* The linker's words follow the locale, in an encoding that NewStringUTF would not take. */
static jbyteArray linkers_words(JNIEnv *env) {
    const char *words = dlerror();
    if (words == NULL) {
        words = "the dynamic linker gives no reason";
    }
    jsize length = (jsize)strlen(words);
    jbyteArray bytes = (*env)->NewByteArray(env, length);
    if (bytes != NULL) {
        (*env)->SetByteArrayRegion(env, bytes, 0, length, (const jbyte *)words);
    }
    return bytes;
}

/* False: an exception is on its way. */
static bool read_shape(JNIEnv *env, jintArray numbers, struct sdf_shape *shape) {
    jint plain[SHAPE_NUMBERS];
    if ((*env)->GetArrayLength(env, numbers) == SHAPE_NUMBERS) {
        (*env)->GetIntArrayRegion(env, numbers, 0, SHAPE_NUMBERS, plain);
        if (shape_of(plain, shape)) {
            return true;
        }
    }
    jclass illegal = (*env)->FindClass(env, "java/lang/IllegalArgumentException");
    if (illegal != NULL) {
        (*env)->ThrowNew(env, illegal, "no shape that a card can have");
    }
    return false;
}

/*
 * Returns the loaded library, or 0 with the reason in reason[0]. It is never unloaded: vendors'
 * libraries leave threads and exit handlers behind, which would then run in unmapped code.
 */
SDF_NATIVE(jlong, load)
(JNIEnv *env, jclass c, jbyteArray path, jboolean now, jboolean global, jboolean deep_bind,
 jintArray shape, jobjectArray reason) {
    jsize length = (*env)->GetArrayLength(env, path);
    char *file = malloc((size_t)length + 1);
    struct sdf_library *library = calloc(1, sizeof *library);
    if (file == NULL || library == NULL) {
        free(file);
        free(library);
        return 0;
    }
    if (!read_shape(env, shape, &library->shape)) {
        free(file);
        free(library);
        return 0;
    }
    (*env)->GetByteArrayRegion(env, path, 0, length, (jbyte *)file);
    file[length] = '\0';
    int mode = (now ? RTLD_NOW : RTLD_LAZY) | (global ? RTLD_GLOBAL : RTLD_LOCAL);
#ifdef RTLD_DEEPBIND /* glibc only */
    mode |= deep_bind ? RTLD_DEEPBIND : 0;
#endif
    library->loaded = dlopen(file, mode);
    free(file);
    if (library->loaded == NULL) {
        jbyteArray words = linkers_words(env);
        if (words != NULL) {
            (*env)->SetObjectArrayElement(env, reason, 0, words);
        }
        free(library);
        return 0;
    }
    SDF_CALLED(RESOLVE)
    SDF_FURTHER(RESOLVE)
    return (jlong)(uintptr_t)library;
}

/* Returns the same library, called in another shape; 0: not enough memory. */
SDF_NATIVE(jlong, inShape)(JNIEnv *env, jclass c, jlong library, jintArray numbers) {
    struct sdf_shape shape;
    if (!read_shape(env, numbers, &shape)) {
        return 0;
    }
    struct sdf_library *reshaped = malloc(sizeof *reshaped);
    if (reshaped != NULL) {
        *reshaped = *sdf_library(library);
        reshaped->shape = shape;
    }
    return (jlong)(uintptr_t)reshaped;
}

SDF_NATIVE(void, presence)(JNIEnv *env, jclass c, jlong library, jbooleanArray present) {
    jboolean found[sizeof names / sizeof names[0]];
    for (jsize i = 0; i < NAMES; i++) {
        found[i] = resolve(sdf_library(library), names[i]) != NULL;
    }
    (*env)->SetBooleanArrayRegion(env, present, 0, NAMES, found);
}
