/* SPDX-License-Identifier: Apache-2.0 */
/* What a vendor's library needs beside itself and an installation forgot. */
__attribute__((visibility("default"))) int fake_dependency(void) {
    return 1;
}
