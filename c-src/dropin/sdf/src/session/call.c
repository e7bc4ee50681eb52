/* SPDX-License-Identifier: Apache-2.0 */
#include "session/call.h"

int call_begin(struct call *call, void *session_handle) {
    struct session *session = handle_take(HANDLE_SESSION, session_handle, NULL);
    if (session == NULL) {
        return SDR_OPENSESSION;
    }
    pthread_mutex_lock(&session->lock);
    atomic_store(&session->busy, true);
    *call = (struct call){.session = session,
                          .handle = session_handle,
                          .link = session->link,
                          .timeout_ms = link_config(session->link)->timeout_ms};
    return SDR_OK;
}

int call_end(struct call *call, int status) {
    struct session *session = call->session;
    if (status == SDR_KEYNOTEXIST || status == SDR_PARDENY) {
        catalogue_doubt(call->link);
    }
    atomic_store(&session->busy, false);
    pthread_mutex_unlock(&session->lock);
    handle_release(&session->object);
    return status;
}

int call_key(const struct call *call, enum key_kind kind, uint32_t index, uint32_t wanted,
             berth_resource **resource) {
    char name[NAME_BYTES];
    int status = catalogue_find(call->link, kind, index, wanted, name);
    return status == SDR_OK ? code_of(link_resource(call->link, name, resource), name) : status;
}

int call_any(const struct call *call, uint32_t wanted, berth_resource **resource) {
    char name[NAME_BYTES];
    int status = catalogue_any(call->link, wanted, name);
    return status == SDR_OK ? code_of(link_resource(call->link, name, resource), name) : status;
}
