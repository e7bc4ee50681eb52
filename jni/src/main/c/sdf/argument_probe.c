/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which argument list a card's SDF_InternalDecrypt_ECC has, found out without harm.
 *
 *   with a number     (session, index, number, cipher, data, length)
 *   without           (session, index, cipher, data, length)
 *
 * Called with the wrong one, a card takes a number for an address. So it gets one call that is
 * right in both: the third argument is a ciphertext whose address is the algorithm's number (memory
 * can be had there, as all of SM2's numbers are above the lowest page that the kernel gives), the
 * fourth is another ciphertext, with room for a plaintext, and the fifth and sixth have room for a
 * plaintext and for a length. Which of the two plaintexts comes out, and where, tells the list.
 */
#include "sdf/calls.h"

#include <sys/mman.h>
#include <unistd.h>

#ifndef MAP_FIXED_NOREPLACE /* Linux 4.17; before it the address is a hint, and is compared */
#define MAP_FIXED_NOREPLACE 0x100000
#endif

#define LOWEST_ADDRESS 0x10000U

typedef void any_function(void);
typedef int six_words(void *session, unsigned index, void *third, void *fourth, void *fifth,
                      void *sixth);

struct low_memory {
    unsigned char *mapped;
    size_t bytes;
    unsigned char *at; /* where it is wanted */
};

static bool take_at(uint32_t address, size_t bytes, struct low_memory *memory) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t offset = address % page;
    if (address < LOWEST_ADDRESS) {
        return false;
    }
    void *wanted = (void *)(uintptr_t)(address - offset); /* NOLINT: a number that is an address */
    memory->bytes = (offset + bytes + page - 1) / page * page;
    memory->mapped = mmap(wanted, memory->bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (memory->mapped == MAP_FAILED) {
        return false;
    }
    if (memory->mapped != wanted) {
        munmap(memory->mapped, memory->bytes);
        return false;
    }
    memory->at = memory->mapped + offset;
    return true;
}

/*
 * first and second are ciphertexts of equally many bytes for the pair at index. Receives what then
 * stands in the second one's place (the first's plaintext: no number) and behind it (the second's:
 * a number). SDR_NOTSUPPORT: it cannot be probed here.
 */
SDF_NATIVE(jint, probeInternalDecrypt)
(JNIEnv *env, jclass c, jlong library, jlong session, jint index, jint algorithm, jbyteArray first,
 jbyteArray second, jbyteArray in_second, jbyteArray behind_second) {
    REQUIRE(InternalDecrypt_ECC, session);
    const struct sdf_shape *shape = sdf_shape(library);
    jint payload = (*env)->GetArrayLength(env, in_second);
    jint length = payload + CIPHERTEXT_OVERHEAD_BYTES;
    size_t room_bytes = cipher_room_bytes((size_t)payload);
    struct low_memory third;
    struct scratch plain;
    struct scratch fourth;
    struct scratch fifth;
    jint code = SDR_NOBUFFER;
    if (!ciphertext_fits(shape, (size_t)payload)) {
        return SDR_INARGERR;
    }
    if (!take_at((uint32_t)algorithm, room_bytes, &third)) {
        return SDR_NOTSUPPORT;
    }
    bool have_plain = scratch_take(&plain, (size_t)length);
    bool have_fourth = scratch_take(&fourth, room_bytes);
    bool have_fifth = scratch_take(&fifth, room_bytes);
    if (have_plain && have_fourth && have_fifth) {
        six_words *decrypt = (six_words *)(any_function *)sdf_library(library)->InternalDecrypt_ECC;
        unsigned sixth[2] = {(unsigned)payload, 0};
        memcpy(fifth.bytes, sixth, sizeof sixth);
        (*env)->GetByteArrayRegion(env, first, 0, length, (jbyte *)plain.bytes);
        ciphertext_to_card(shape, plain.bytes, (size_t)payload, third.at);
        (*env)->GetByteArrayRegion(env, second, 0, length, (jbyte *)plain.bytes);
        ciphertext_to_card(shape, plain.bytes, (size_t)payload, fourth.bytes);
        code = decrypt(card_handle(session), (unsigned)index, third.at, fourth.bytes, fifth.bytes,
                       sixth);
        put_bytes(env, in_second, 0, payload, fourth.bytes);
        put_bytes(env, behind_second, 0, payload, fifth.bytes);
    }
    scratch_release(&fifth);
    scratch_release(&fourth);
    scratch_release(&plain);
    explicit_bzero(third.mapped, third.bytes);
    munmap(third.mapped, third.bytes);
    return code;
}
