/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects as the application sees them. A token's object keeps its handle here for as long as it
 * exists there, whatever becomes of worker and broker. A session's object lives in the worker;
 * after a loss it is made again from the request that made it, where nothing secret stood in that
 * (wrapped blobs, derivations, public keys), and is otherwise gone: CKR_OBJECT_HANDLE_INVALID.
 */
#ifndef BERTH_PKCS11_OBJECT_H
#define BERTH_PKCS11_OBJECT_H

#include "attribute.h"
#include "slot.h"

enum key_use {
    USE_SIGN = 1 << 0,
    USE_VERIFY = 1 << 1,
    USE_ENCRYPT = 1 << 2,
    USE_DECRYPT = 1 << 3,
    USE_WRAP = 1 << 4,
    USE_UNWRAP = 1 << 5,
    USE_DERIVE = 1 << 6
};

/* What the module must know without asking again; none of it changes but by C_SetAttributeValue. */
struct object_facts {
    CK_OBJECT_CLASS class;
    CK_KEY_TYPE key_type;
    unsigned uses; /* enum key_use */
    bool on_token;
    bool is_private;
    bool always_authenticate;
    bool extractable;
    CK_ULONG modulus_bytes; /* RSA; 0 = unknown */
    CK_ULONG order_bytes;   /* elliptic curves; 0 = unknown */
};

/* The request that makes a session's object again. */
struct recipe {
    berth_resource *resource;
    uint32_t operation;
    size_t bytes;
    uint8_t message[];
};

/* Which of the objects below one name, of those that exist only here. */
enum local_kind {
    LOCAL_NONE,
    LOCAL_CERTIFICATE,
    LOCAL_PUBLIC_KEY,
    LOCAL_PRIVATE_KEY,
    LOCAL_SECRET_KEY, /* a card's key that wraps others */
    LOCAL_WRAPPED_KEY /* a session's, wrapped under one of those */
};

/* A key that is kept here in the form in which a card wrapped it. */
struct wrapped {
    berth_resource *under; /* the card's key that unwraps it */
    size_t bytes;
    uint8_t blob[];
};
#define WRAPPED_MAX_BYTES 256

struct object {
    CK_OBJECT_HANDLE handle; /* 0 = destroyed */
    unsigned references;     /* the table's, and one per call at work */
    struct slot *slot;
    struct name *name;       /* NULL: the device's own handle reaches it */
    struct object *next;     /* below the same name */
    uint64_t number;         /* at the worker; 0 with `local` */
    CK_SESSION_HANDLE owner; /* whose session's; 0 = the token's */
    struct object_facts facts;
    struct recipe *recipe; /* NULL = cannot be made again */
    enum local_kind local_kind;
    struct local_attributes *local; /* all its attributes */
    struct wrapped *wrapped;        /* of a LOCAL_WRAPPED_KEY */
};

/* Copied out of an object for one operation. */
struct key {
    CK_OBJECT_HANDLE handle;
    berth_resource *resource;
    uint64_t number;
    enum local_kind local_kind;
    struct object_facts facts;
    size_t wrapped_bytes; /* of a LOCAL_WRAPPED_KEY */
    uint8_t wrapped[WRAPPED_MAX_BYTES];
};

struct session;

/* Takes it for one call; object_release must follow. Private ones only for who has logged in. */
CK_RV object_acquire(struct session *session, CK_OBJECT_HANDLE handle, struct object **object);
void object_release(struct object *object);
CK_RV object_key(const struct object *object, struct key *key);

/* Whose message names the key. */
typedef void (*object_writer)(struct remote *remote, const struct key *key, void *context);
/* Writes the message, sends it, and once more with a restored object if it was lost. The caller
 * ends the remote. */
CK_RV object_call(struct remote *remote, struct key *key, uint32_t operation, object_writer write,
                  void *context);
/* Makes a lost session object again. False: it cannot be. */
bool object_restore(struct key *key);
/* KeyReference in that field. */
void object_put_reference(struct remote *remote, uint32_t field, const struct key *key);

/* The token's object with that number below the name, known or new; asks for its facts if new. */
CK_RV object_note(struct slot *slot, struct name *name, uint64_t number, CK_OBJECT_HANDLE *handle,
                  bool *is_private);
/* An object of our own below the name, known or new; takes attributes over. */
CK_RV object_note_local(struct slot *slot, struct name *name, enum local_kind kind,
                        struct local_attributes *attributes, CK_OBJECT_HANDLE *handle);
/* A session's key in its wrapped form, at most WRAPPED_MAX_BYTES; takes attributes over. */
CK_RV object_made_wrapped(struct session *session, berth_resource *under, const uint8_t *blob,
                          size_t bytes, struct local_attributes *attributes,
                          CK_OBJECT_HANDLE *handle);
/* An object that a request has just made. made_by is copied as recipe, NULL = none. */
CK_RV object_made(struct session *session, struct name *name, uint64_t number,
                  const struct remote *made_by, uint32_t operation, CK_OBJECT_HANDLE *handle);
/* Out of the table; for objects that were destroyed or are gone. */
void object_forget(CK_OBJECT_HANDLE handle);
/* After C_SetAttributeValue. */
CK_RV object_learn_again(struct object *object);

/* Session objects of that session end. Takes module.lock itself. */
void object_end_session(CK_SESSION_HANDLE session);
/* Handles of private objects become invalid at logout. */
void object_forget_private(struct slot *slot);
void object_free_all(void);

#endif
