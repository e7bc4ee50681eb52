/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "fixture.h"
#include "played_card.h"
#include "sdf_fixture.h"

/* In the peers started from now on. */
static const char *gone = "";
static uint32_t denied;

static uint32_t granted_if_none_is_denied(const char *resource) {
    if (strcmp(resource, "hsm:card/public") == 0) {
        return BERTH_PERMISSION(BERTH_BIT_VERIFY) | BERTH_PERMISSION(BERTH_BIT_EXPORT);
    }
    if (strcmp(resource, gone) == 0) {
        return 0;
    }
    bool known = strcmp(resource, "hsm:card") == 0 || strcmp(resource, "hsm:card/sign-1") == 0 ||
                 strcmp(resource, "hsm:card/kek-1") == 0 ||
                 strcmp(resource, "hsm:card/rsa-1") == 0 ||
                 strncmp(resource, "hsm:card/listed", 15) == 0;
    return known ? 0x1FFFF : 0;
}

static uint32_t granted(const char *resource) {
    return granted_if_none_is_denied(resource) & ~denied;
}

static const struct peer_entry ENTRIES[] = {
    {"echo:other", "echo", NULL, NULL},
    {"hsm:card", "hsm/sdf", NULL, NULL},
    {"hsm:card/public", "hsm/sdf", "sm2", "10"},
    {"hsm:card/listed", "hsm/sdf", "sm2", "10"},
    {"hsm:card/listed-2", "hsm/sdf", "sm2", "10"}, /* of which the first counts */
    {"hsm:card/listed-kek", "hsm/sdf", "kek", "10"},
    {"hsm:card/listed-rsa", "hsm/sdf", "rsa", "11"},
    {"hsm:card/listed-wrong", "hsm/sdf", "sm2", "12x"},
    {"hsm:card2/sign-1", "hsm/sdf", "sm2", "13"},
    {NULL, NULL, NULL, NULL},
};

static const struct peer_options OPTIONS = {.execute = played_card_execute,
                                            .granted = granted,
                                            .driver = "hsm/sdf",
                                            .entries = ENTRIES,
                                            .epoch = 1};

static struct sdf prepare(unsigned buffer_bytes) {
    struct sdf sdf = {0};
    sdf.peer = fixture_peer(sdf.socket, &OPTIONS);
    snprintf(sdf.config, sizeof sdf.config, "%s.conf", sdf.socket);
    FILE *file = fopen(sdf.config, "w");
    CHECK(file != NULL);
    fprintf(file,
            "# a test's\nsocket = %s\ntimeout_ms = %d\nbuffer_bytes = %u\n\n"
            "key.sm2.%d = sign-1\nkey.sm2.%d=public # verifies\nkey.sm2.%d = gone\n"
            "key.kek.%d = kek-1\nkey.rsa.%d = rsa-1\n",
            sdf.socket, PATIENT_MILLIS, buffer_bytes, PAIR, VERIFY_PAIR, GONE_PAIR, KEK, RSA_PAIR);
    CHECK(fclose(file) == 0);
    setenv("BERTH_SDF_CONFIG", sdf.config, 1);
    setenv("BERTH_SDF_DEVICE", "hsm:card", 1);
    setenv("BERTH_SDF_LOG", "off", 1);
    return sdf;
}

struct sdf sdf_prepare(void) {
    return prepare(BUFFER_BYTES);
}

struct sdf sdf_start_with(unsigned buffer_bytes) {
    struct sdf sdf = prepare(buffer_bytes);
    CHECK_SDR_OK(SDF_OpenDevice(&sdf.device));
    CHECK_SDR_OK(SDF_OpenSession(sdf.device, &sdf.session));
    return sdf;
}

struct sdf sdf_start(void) {
    return sdf_start_with(BUFFER_BYTES);
}

struct sdf sdf_start_without(uint32_t permissions) {
    denied = permissions;
    struct sdf sdf = sdf_start();
    denied = 0;
    return sdf;
}

void sdf_move_listed(struct sdf *sdf) {
    gone = "hsm:card/listed";
    sdf_restart_peer(sdf);
    gone = "";
}

void sdf_restart_peer(struct sdf *sdf) {
    struct peer_options options = OPTIONS;
    options.path = sdf->socket;
    options.epoch = 2;
    peer_kill(&sdf->peer);
    unlink(sdf->socket);
    sdf->peer = peer_start(&options);
}

void sdf_stop(struct sdf *sdf) {
    if (sdf->device != NULL) {
        CHECK_SDR_OK(SDF_CloseDevice(sdf->device));
    }
    peer_kill(&sdf->peer);
    CHECK(atomic_load(&sdf->peer.seen->violations) == 0);
    unlink(sdf->socket);
    unlink(sdf->config);
}

void *sdf_key(const struct sdf *sdf) {
    unsigned char wrapped[16];
    unsigned bytes;
    void *key = NULL;
    CHECK_SDR_OK(
        SDF_GenerateKeyWithKEK(sdf->session, 128, SGD_SM4_ECB, KEK, wrapped, &bytes, &key));
    CHECK(bytes == 16);
    return key;
}
