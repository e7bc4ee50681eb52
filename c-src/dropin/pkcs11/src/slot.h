/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slots: the HSM devices that the policy lets this process see. A slot's number is computed from
 * its resource's name, so that it is the same in every process and after every restart.
 */
#ifndef BERTH_PKCS11_SLOT_H
#define BERTH_PKCS11_SLOT_H

#include <berth/berth.h>
#include <pthread.h>

#include "module.h"

/* A name that can be opened below a device: hsm:payments/sign-1. */
struct name {
    struct name *next;
    char *resource;           /* whole */
    berth_resource *opened;   /* NULL = not yet, or not permitted */
    bool listed;              /* by the broker; else the token's own name */
    bool current;             /* still there at the last look */
    uint64_t seen_by_look;    /* which one found it in the broker's list */
    uint64_t told_by_token;   /* and among the token's own names */
    struct catalogued *entry; /* what the broker's catalogue says of it; NULL = nothing */
    struct object *objects;   /* below it, as far as they are known */
    bool has_point;           /* an SM2 key's, as the card told it */
    uint8_t point[64];
    struct rsa_public *rsa; /* the same of an RSA key; NULL = not told yet */
};

/* What a catalogue keeps of a key, decoded. Never changed once it hangs on a name. */
struct catalogued {
    struct catalogued *older; /* replaced ones stay until C_Finalize: objects may point there */
    char *algorithm;          /* "sm2", …; "" = not said, as the rest */
    char *kind;
    char *usage;
    char *label;
    uint8_t *id;
    size_t id_bytes;
    uint8_t *public_key; /* SubjectPublicKeyInfo */
    size_t public_key_bytes;
    uint8_t *certificate; /* DER */
    size_t certificate_bytes;
};

struct token_mechanism {
    CK_MECHANISM_TYPE type;
    CK_MECHANISM_INFO info;
};

struct token {
    struct token *older; /* as above */
    char label[33];
    char manufacturer[33];
    char model[17];
    char serial[17];
    CK_FLAGS flags;
    CK_ULONG min_pin_bytes;
    CK_ULONG max_pin_bytes;
    CK_VERSION hardware;
    CK_VERSION firmware;
    bool login_required;
    bool unheard; /* nothing of it could be opened: what it is was not told */
    size_t mechanism_count;
    struct token_mechanism mechanisms[];
};

struct slot {
    struct slot *next;
    CK_SLOT_ID id;
    char *resource;
    bool is_sdf;  /* a card that knows SM2, SM3 and SM4 by their own operations; never changed */
    bool present; /* at the last look */
    uint64_t seen_by_look;
    bool reported; /* what C_WaitForSlotEvent last told of `present` */

    /* All of this under module.lock. */
    berth_resource *device; /* NULL = not yet, or not permitted */
    struct name *names;     /* only grows */
    struct token *token;    /* NULL = not asked yet; replaced as a whole */
    bool logged_in;
    CK_ULONG sessions;
    CK_ULONG read_write_sessions;
};

/* NULL if there is no such slot. module.lock is held. */
struct slot *slot_find(CK_SLOT_ID id);
/* The same without the lock. What is not known or was not there is looked for: an application may
 * keep a slot's number over a restart or a fork and begin with it. */
struct slot *slot_known(CK_SLOT_ID id);
/* Asks the broker what there is. A broker that cannot be reached leaves all as it was. */
void slot_look(void);
/* The device's own handle; CKR_OK with NULL when the policy does not grant it. */
CK_RV slot_device(struct slot *slot, berth_resource **device);
/* Finds or adds. module.lock is held. NULL = no memory. */
struct name *slot_name(struct slot *slot, const char *resource);
/* Opens it if that has not been done. False: not permitted, or not there. */
bool slot_open_name(struct name *name);
void slot_free_all(void);
/* In a child: the slots stay, without anything of the parent's that hangs on them. */
void slot_abandon(void);

#endif
