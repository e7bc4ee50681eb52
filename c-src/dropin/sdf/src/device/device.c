/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018 6.2: device, sessions, random numbers. */
#include <stdlib.h>
#include <string.h>

#include "session/call.h"

/* One call's most: a length that is not meant is refused, as by a card. */
enum { RANDOM_BYTES_MOST = 1024 * 1024 };

struct device {
    struct object object;
    struct link *link;
};

static void device_destroy(struct object *object) {
    struct device *device = (struct device *)object;
    link_release(device->link);
    free(device);
}

BERTH_SDF_API int SDF_OpenDevice(void **phDeviceHandle) {
    struct why why;
    if (phDeviceHandle == NULL) {
        return SDR_OUTARGERR;
    }
    *phDeviceHandle = NULL;
    session_watch_forks();
    struct device *device = calloc(1, sizeof *device);
    if (device == NULL) {
        return SDR_NOBUFFER;
    }
    device->object.destroy = device_destroy;
    device->link = link_open(&why);
    if (device->link == NULL) {
        log_opening(why.text);
        free(device);
        return SDR_OPENDEVICE;
    }
    *phDeviceHandle = handle_make(HANDLE_DEVICE, &device->object);
    if (*phDeviceHandle == NULL) {
        device_destroy(&device->object);
        return SDR_NOBUFFER;
    }
    return SDR_OK;
}

BERTH_SDF_API int SDF_CloseDevice(void *hDeviceHandle) {
    struct device *device = handle_take(HANDLE_DEVICE, hDeviceHandle, NULL);
    if (device == NULL || !handle_remove(HANDLE_DEVICE, hDeviceHandle, NULL)) {
        if (device != NULL) {
            handle_release(&device->object);
        }
        return SDR_OPENDEVICE;
    }
    handle_remove_owned(HANDLE_SESSION, &device->object);
    handle_release(&device->object);
    return SDR_OK;
}

BERTH_SDF_API int SDF_OpenSession(void *hDeviceHandle, void **phSessionHandle) {
    if (phSessionHandle == NULL) {
        return SDR_OUTARGERR;
    }
    *phSessionHandle = NULL;
    struct device *device = handle_take(HANDLE_DEVICE, hDeviceHandle, NULL);
    if (device == NULL) {
        return SDR_OPENDEVICE;
    }
    int status = SDR_OK;
    struct session *session = session_new(&device->object, device->link);
    void *handle = session == NULL ? NULL : handle_make(HANDLE_SESSION, &session->object);
    if (handle == NULL) {
        status = SDR_OPENSESSION;
        if (session != NULL) {
            session->object.destroy(&session->object);
        }
    } else {
        struct device *still = handle_take(HANDLE_DEVICE, hDeviceHandle, NULL);
        if (still != NULL) {
            handle_release(&still->object);
            *phSessionHandle = handle;
        } else { /* closed meanwhile by another thread, which may have missed this session */
            (void)handle_remove(HANDLE_SESSION, handle, &device->object);
            status = SDR_OPENDEVICE;
        }
    }
    handle_release(&device->object);
    return status;
}

BERTH_SDF_API int SDF_CloseSession(void *hSessionHandle) {
    return handle_remove(HANDLE_SESSION, hSessionHandle, NULL) ? SDR_OK : SDR_OPENSESSION;
}

BERTH_SDF_API int SDF_GenerateRandom(void *hSessionHandle, unsigned int uiLength,
                                     unsigned char *pucRandom) {
    struct call call;
    berth_resource *resource;
    if (pucRandom == NULL) {
        return SDR_OUTARGERR;
    }
    int status = call_begin(&call, hSessionHandle);
    if (status != SDR_OK) {
        return status;
    }
    status = uiLength == 0 || uiLength > RANDOM_BYTES_MOST
                 ? SDR_INARGERR
                 : call_any(&call, MAY(RANDOM), &resource);
    if (status == SDR_OK) {
        status = code_of(berth_random(resource, pucRandom, uiLength, call.timeout_ms),
                         "SDF_GenerateRandom");
    }
    return call_end(&call, status);
}
