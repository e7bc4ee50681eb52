/* SPDX-License-Identifier: Apache-2.0 */
#include "cipher/feed.h"

#include <string.h>

#include "test_only/test_only.h"

enum { BLOCK = BERTH_SM4_BLOCK_BYTES };

static int send(const struct call *call, const uint8_t *in, size_t bytes, uint8_t *out) {
    struct cipher_state *state = &call->session->cipher;
    struct session_key *key;
    bool encrypting = cipher_encrypts(state->direction);
    const char *what = encrypting ? "SDF_EncryptUpdate" : "SDF_DecryptUpdate";
    if (state->key_in_clear) {
        return test_cipher(call, state->clear_key, encrypting, state->mode, state->chain.iv, in,
                           bytes, out, what);
    }
    int status = session_key_take(call, state->chain.key, SM4_KEY_BYTES, &key);
    if (status != SDR_OK) {
        return status;
    }
    status = mode_run(call, key, encrypting, state->mode, state->chain.iv, in, bytes, out, what);
    handle_release(&key->object);
    return status;
}

/* The first block, if there is something to complete it, then the rest from where it lies. */
int feed_blocks(const struct call *call, const uint8_t *in, size_t bytes, uint8_t *out,
                unsigned *out_bytes) {
    struct chain *chain = &call->session->cipher.chain;
    size_t made = 0;
    int status = SDR_OK;
    *out_bytes = 0;
    if (chain->begun != 0) {
        size_t now = BLOCK - chain->begun < bytes ? BLOCK - chain->begun : bytes;
        memcpy(chain->block + chain->begun, in, now);
        chain->begun += (unsigned)now;
        in += now;
        bytes -= now;
        if (chain->begun < BLOCK) {
            return SDR_OK;
        }
        /* The output may be the input: save what the block would overwrite. */
        uint8_t block[BLOCK];
        status = send(call, chain->block, BLOCK, block);
        chain->begun = 0;
        size_t whole = bytes - bytes % BLOCK;
        if (status == SDR_OK && bytes != whole) {
            memcpy(chain->block, in + whole, bytes - whole);
            chain->begun = (unsigned)(bytes - whole);
        }
        if (status == SDR_OK && whole != 0) {
            memmove(out + BLOCK, in, whole);
            status = send(call, out + BLOCK, whole, out + BLOCK);
        }
        if (status == SDR_OK) {
            memcpy(out, block, BLOCK);
            made = BLOCK + whole;
        }
        explicit_bzero(block, sizeof block);
    } else {
        size_t whole = bytes - bytes % BLOCK;
        memcpy(chain->block, in + whole, bytes - whole);
        chain->begun = (unsigned)(bytes - whole);
        status = whole == 0 ? SDR_OK : send(call, in, whole, out);
        made = whole;
    }
    if (status == SDR_OK) {
        *out_bytes = (unsigned)made;
    }
    return status;
}

/* The rest of a block that was begun; returns how many bytes that took. */
static size_t continue_block(struct cipher_state *state, const uint8_t *in, size_t bytes,
                             uint8_t *out) {
    struct chain *chain = &state->chain;
    size_t done = 0;
    while (chain->begun != 0 && done < bytes) {
        uint8_t given = in[done];
        uint8_t made = given ^ chain->block[chain->begun];
        out[done++] = made;
        chain->feedback[chain->begun] = cipher_encrypts(state->direction) ? made : given;
        chain->begun = (chain->begun + 1) % BLOCK;
        if (chain->begun == 0 && state->mode == BERTH_SM4_CFB) {
            memcpy(chain->iv, chain->feedback, BLOCK);
        }
    }
    return done;
}

/* Less than a block: the block filled up with zeros shows the key stream, of which the rest is kept
 * for the next part. */
static int begin_block(const struct call *call, const uint8_t *in, size_t bytes, uint8_t *out) {
    struct cipher_state *state = &call->session->cipher;
    struct chain *chain = &state->chain;
    uint8_t padded[BLOCK] = {0}, made[BLOCK], iv[BLOCK];
    memcpy(padded, in, bytes);
    memcpy(iv, chain->iv, BLOCK);
    int status = send(call, padded, BLOCK, made);
    if (status == SDR_OK) {
        for (int i = 0; i < BLOCK; i++) {
            chain->block[i] = padded[i] ^ made[i];
        }
        memcpy(chain->feedback, cipher_encrypts(state->direction) ? made : padded, bytes);
        memcpy(out, made, bytes);
        chain->begun = (unsigned)bytes;
        if (state->mode == BERTH_SM4_CFB) {
            memcpy(chain->iv, iv, BLOCK); /* what continues depends on bytes still to come */
        }
    }
    explicit_bzero(padded, sizeof padded);
    explicit_bzero(made, sizeof made);
    return status;
}

int feed_stream(const struct call *call, const uint8_t *in, size_t bytes, uint8_t *out,
                unsigned *out_bytes) {
    size_t done = continue_block(&call->session->cipher, in, bytes, out);
    size_t whole = (bytes - done) - (bytes - done) % BLOCK;
    int status = whole == 0 ? SDR_OK : send(call, in + done, whole, out + done);
    done += whole;
    if (status == SDR_OK && done != bytes) {
        status = begin_block(call, in + done, bytes - done, out + done);
    }
    if (status == SDR_OK) {
        *out_bytes = (unsigned)bytes;
    }
    return status;
}

int feed_update(enum cipher_direction direction, void *session, const uint8_t *in, unsigned bytes,
                uint8_t *out, unsigned *out_bytes, size_t (*room)(const struct call *call),
                feeder *feed) {
    struct call call;
    if (in == NULL || out == NULL || out_bytes == NULL) {
        return in == NULL ? SDR_INARGERR : SDR_OUTARGERR;
    }
    int status = call_begin(&call, session);
    if (status != SDR_OK) {
        return status;
    }
    struct cipher_state *state = &call.session->cipher;
    if (state->direction != direction) {
        status = SDR_STEPERR;
    } else if (bytes > room(&call)) {
        status = SDR_INARGERR;
    } else if (bytes == 0) {
        *out_bytes = 0;
    } else {
        status = feed(&call, in, bytes, out, out_bytes);
        if (status != SDR_OK) {
            cipher_end(state); /* whether the part counts is not known */
        }
    }
    return call_end(&call, status);
}
