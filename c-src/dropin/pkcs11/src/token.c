/* SPDX-License-Identifier: Apache-2.0 */
#include "token.h"

#include <stdlib.h>
#include <string.h>

#include "gm.h"
#include "name.h"
#include "remote.h"

/* Numbers of TokenInfo's fields. */
enum token_field {
    TOKEN_LABEL = 1,
    TOKEN_MANUFACTURER = 2,
    TOKEN_MODEL = 3,
    TOKEN_SERIAL = 4,
    TOKEN_FLAGS = 5,
    TOKEN_MIN_PIN = 6,
    TOKEN_MAX_PIN = 7,
    TOKEN_HARDWARE = 8,
    TOKEN_FIRMWARE = 9,
    TOKEN_LOGIN_REQUIRED = 10,
    TOKEN_MECHANISMS = 15
};

static void copy_text(char *to, size_t room, const struct protobuf_field *field) {
    size_t bytes = field->size < room - 1 ? field->size : room - 1;
    if (bytes != 0) {
        memcpy(to, field->bytes, bytes);
    }
    to[bytes] = '\0';
}

static CK_VERSION version_of(uint64_t number) {
    return (CK_VERSION){(unsigned char)(number >> 8), (unsigned char)number};
}

static void take_field(struct token *token, const struct protobuf_field *field) {
    switch (field->number) {
    case TOKEN_LABEL:
        copy_text(token->label, sizeof token->label, field);
        break;
    case TOKEN_MANUFACTURER:
        copy_text(token->manufacturer, sizeof token->manufacturer, field);
        break;
    case TOKEN_MODEL:
        copy_text(token->model, sizeof token->model, field);
        break;
    case TOKEN_SERIAL:
        copy_text(token->serial, sizeof token->serial, field);
        break;
    case TOKEN_FLAGS:
        token->flags = (CK_FLAGS)field->varint;
        break;
    case TOKEN_MIN_PIN:
        token->min_pin_bytes = (CK_ULONG)field->varint;
        break;
    case TOKEN_MAX_PIN:
        token->max_pin_bytes = (CK_ULONG)field->varint;
        break;
    case TOKEN_HARDWARE:
        token->hardware = version_of(field->varint);
        break;
    case TOKEN_FIRMWARE:
        token->firmware = version_of(field->varint);
        break;
    case TOKEN_LOGIN_REQUIRED:
        token->login_required = field->varint != 0;
        break;
    default:
        break;
    }
}

static void take_mechanism(struct token *token, const struct protobuf_field *field) {
    uint64_t type, least, most, flags;
    if (field->is_bytes && protobuf_find_varint(field->bytes, field->size, 1, &type) &&
        protobuf_find_varint(field->bytes, field->size, 2, &least) &&
        protobuf_find_varint(field->bytes, field->size, 3, &most) &&
        protobuf_find_varint(field->bytes, field->size, 4, &flags)) {
        token->mechanisms[token->mechanism_count++] =
            (struct token_mechanism){.type = (CK_MECHANISM_TYPE)type,
                                     .info = {.ulMinKeySize = (CK_ULONG)least,
                                              .ulMaxKeySize = (CK_ULONG)most,
                                              .flags = (CK_FLAGS)flags}};
    }
}

/* With room for the mechanisms told, and for those that this module adds. */
static struct token *token_read(const struct slot *slot, const uint8_t *reply, size_t bytes) {
    struct protobuf_reader reader = {.bytes = reply, .size = bytes};
    struct protobuf_field field;
    size_t mechanisms = 0;
    while (protobuf_next(&reader, &field)) {
        mechanisms += field.number == TOKEN_MECHANISMS;
    }
    size_t added = slot->is_sdf ? GM_MECHANISMS : 0;
    struct token *token =
        calloc(1, sizeof *token + (mechanisms + added) * sizeof token->mechanisms[0]);
    if (token == NULL) {
        return NULL;
    }
    /* What a card that says nothing is called: as its device. */
    const char *device = strchr(slot->resource, ':') + 1;
    copy_text(token->label, sizeof token->label,
              &(struct protobuf_field){.bytes = (const uint8_t *)device, .size = strlen(device)});
    token->flags = slot->is_sdf ? CKF_RNG : 0;
    memcpy(token->manufacturer, "Berth", sizeof "Berth");
    memcpy(token->model, slot->is_sdf ? "SDF" : "PKCS #11", slot->is_sdf ? 4 : 9);
    reader = (struct protobuf_reader){.bytes = reply, .size = bytes};
    while (protobuf_next(&reader, &field)) {
        if (field.number == TOKEN_MECHANISMS) {
            take_mechanism(token, &field);
        } else if (!slot->is_sdf) { /* a group of cards answers for whichever was asked */
            take_field(token, &field);
        }
    }
    for (enum gm_use use = 0; use < added; use++) {
        struct token_mechanism own = gm_mechanism(use);
        if (own.type != CK_UNAVAILABLE_INFORMATION && token_mechanism(token, own.type) == NULL) {
            token->mechanisms[token->mechanism_count++] = own;
        }
    }
    return token;
}

/* CKR_OK without a token: nobody answers such a question here. */
static CK_RV ask_through(const struct slot *slot, berth_resource *resource, struct token **token) {
    struct remote remote;
    remote_begin(&remote, resource);
    CK_RV value = remote_call(&remote, BERTH_OP_TOKEN_INFO);
    if (value == CKR_OK) {
        *token = token_read(slot, remote.reply, remote.result.bytes);
        value = *token != NULL ? CKR_OK : CKR_HOST_MEMORY;
    } else if (berth_status_of(remote.result.result) == BERTH_STATUS_UNIMPLEMENTED ||
               berth_status_of(remote.result.result) == BERTH_STATUS_PERMISSION_DENIED) {
        value = CKR_OK;
    }
    return remote_end(&remote, value);
}

static CK_RV ask(struct slot *slot, struct token **token) {
    berth_resource *device;
    *token = NULL;
    CK_RV value = slot_device(slot, &device);
    if (value == CKR_OK && device != NULL) {
        value = ask_through(slot, device, token);
    }
    bool heard = device != NULL;
    /* Who may use a key, but not the device by itself, still learns what the token can do. */
    for (size_t i = 0; value == CKR_OK && device == NULL && *token == NULL; i++) {
        struct name *name = name_at(slot, i);
        if (name == NULL) {
            break;
        }
        if (slot_open_name(name)) {
            heard = true;
            value = ask_through(slot, name->opened, token);
        }
    }
    if (value == CKR_OK && *token == NULL) {
        *token = token_read(slot, NULL, 0);
        value = *token != NULL ? CKR_OK : CKR_HOST_MEMORY;
        if (*token != NULL) {
            (*token)->unheard = !heard;
        }
    }
    return value;
}

CK_RV token_ask(struct slot *slot, const struct token **known) {
    struct token *token;
    CK_RV value = ask(slot, &token);
    pthread_mutex_lock(&module.lock);
    struct token *surplus = NULL;
    if (value == CKR_OK && token->unheard && slot->token != NULL) {
        surplus = token; /* what was told once is better */
    } else if (value == CKR_OK) {
        token->older = slot->token;
        slot->token = token;
    }
    *known = slot->token;
    pthread_mutex_unlock(&module.lock);
    token_free(surplus);
    return *known != NULL ? CKR_OK : value;
}

CK_RV token_know(struct slot *slot, const struct token **token) {
    pthread_mutex_lock(&module.lock);
    *token = slot->token;
    pthread_mutex_unlock(&module.lock);
    return *token != NULL && !(*token)->unheard ? CKR_OK : token_ask(slot, token);
}

const struct token_mechanism *token_mechanism(const struct token *token, CK_MECHANISM_TYPE type) {
    for (size_t i = 0; i < token->mechanism_count; i++) {
        if (token->mechanisms[i].type == type) {
            return &token->mechanisms[i];
        }
    }
    return NULL;
}

void token_free(struct token *token) {
    while (token != NULL) {
        struct token *older = token->older;
        free(token);
        token = older;
    }
}
