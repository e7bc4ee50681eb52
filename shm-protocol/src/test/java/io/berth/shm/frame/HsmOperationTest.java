// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.frame;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class HsmOperationTest {
  @Test
  void each_operation_needs_the_permission_of_the_protocols_table() {
    assertEquals(Permission.SIGN.operation(1), HsmOperation.SM2_SIGN);
    assertEquals(Permission.VERIFY.operation(1), HsmOperation.SM2_VERIFY);
    assertEquals(Permission.ENCRYPT.operation(1), HsmOperation.SM2_ENCRYPT);
    assertEquals(Permission.DECRYPT.operation(1), HsmOperation.SM2_DECRYPT);
    assertEquals(Permission.ENCRYPT.operation(2), HsmOperation.SM4_ENCRYPT);
    assertEquals(Permission.DECRYPT.operation(2), HsmOperation.SM4_DECRYPT);
    assertEquals(Permission.DIGEST.operation(1), HsmOperation.SM3_DIGEST);
    assertEquals(Permission.MAC.operation(1), HsmOperation.SM4_MAC);
    assertEquals(Permission.MAC.operation(2), HsmOperation.HMAC_SM3);
    assertEquals(Permission.RANDOM.operation(1), HsmOperation.RANDOM);
    assertEquals(Permission.EXPORT.operation(1), HsmOperation.EXPORT_PUBLIC_KEY);
    assertEquals(Permission.WRAP.operation(1), HsmOperation.GENERATE_KEY);
  }
}
