/* SPDX-License-Identifier: Apache-2.0 */
int fake_dependency(void);

__attribute__((visibility("default"))) int SDF_OpenDevice(void **device) {
    *device = 0;
    return fake_dependency();
}
