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
    assertEquals(Permission.SIGN.operation(2), HsmOperation.RSA_SIGN);
    assertEquals(Permission.SIGN.operation(3), HsmOperation.EC_SIGN);
    assertEquals(Permission.SIGN.operation(4), HsmOperation.OTHER_SIGN);
    assertEquals(Permission.VERIFY.operation(2), HsmOperation.RSA_VERIFY);
    assertEquals(Permission.VERIFY.operation(3), HsmOperation.EC_VERIFY);
    assertEquals(Permission.VERIFY.operation(4), HsmOperation.OTHER_VERIFY);
    assertEquals(Permission.VERIFY.operation(5), HsmOperation.MAC_VERIFY);
    assertEquals(Permission.ENCRYPT.operation(3), HsmOperation.RSA_ENCRYPT);
    assertEquals(Permission.DECRYPT.operation(3), HsmOperation.RSA_DECRYPT);
    assertEquals(Permission.ENCRYPT.operation(4), HsmOperation.AES_ENCRYPT);
    assertEquals(Permission.DECRYPT.operation(4), HsmOperation.AES_DECRYPT);
    assertEquals(Permission.ENCRYPT.operation(5), HsmOperation.OTHER_ENCRYPT);
    assertEquals(Permission.DECRYPT.operation(5), HsmOperation.OTHER_DECRYPT);
    assertEquals(Permission.DIGEST.operation(2), HsmOperation.DIGEST);
    assertEquals(Permission.MAC.operation(3), HsmOperation.MAC);
    assertEquals(Permission.EXPORT.operation(2), HsmOperation.FIND_OBJECTS);
    assertEquals(Permission.EXPORT.operation(3), HsmOperation.GET_ATTRIBUTES);
    assertEquals(Permission.EXPORT.operation(4), HsmOperation.TOKEN_INFO);
    assertEquals(Permission.EXPORT.operation(5), HsmOperation.CHECK_PIN);
    assertEquals(Permission.EXPORT.operation(6), HsmOperation.RELEASE_OBJECT);
    assertEquals(Permission.WRAP.operation(2), HsmOperation.WRAP_KEY);
    assertEquals(Permission.WRAP.operation(3), HsmOperation.GENERATE_SESSION_KEY);
    assertEquals(Permission.UNWRAP.operation(1), HsmOperation.UNWRAP_KEY);
    assertEquals(Permission.UNWRAP.operation(2), HsmOperation.CREATE_SESSION_OBJECT);
    assertEquals(Permission.UNWRAP.operation(3), HsmOperation.SET_SESSION_ATTRIBUTES);
    assertEquals(Permission.MANAGE.operation(1), HsmOperation.CREATE_OBJECT);
    assertEquals(Permission.MANAGE.operation(2), HsmOperation.GENERATE_OBJECT);
    assertEquals(Permission.MANAGE.operation(3), HsmOperation.DESTROY_OBJECT);
    assertEquals(Permission.MANAGE.operation(4), HsmOperation.SET_ATTRIBUTES);
    assertEquals(Permission.AGREE.operation(1), HsmOperation.DERIVE_KEY);
    assertEquals(Permission.ENCRYPT.operation(6), HsmOperation.SM4_SEAL);
    assertEquals(Permission.DECRYPT.operation(6), HsmOperation.SM4_OPEN);
    assertEquals(Permission.WRAP.operation(4), HsmOperation.GENERATE_KEY_FOR);
    assertEquals(Permission.UNWRAP.operation(4), HsmOperation.EXCHANGE_ENVELOPE);
    assertEquals(Permission.AGREE.operation(2), HsmOperation.BEGIN_AGREEMENT);
    assertEquals(Permission.AGREE.operation(3), HsmOperation.FINISH_AGREEMENT);
    assertEquals(Permission.AGREE.operation(4), HsmOperation.RESPOND_TO_AGREEMENT);
    assertEquals(Permission.EXPORT.operation(7), HsmOperation.EXPORT_RSA_PUBLIC_KEY);
    assertEquals(Permission.CALL.operation(16), HsmOperation.TEST_GENERATE_PAIR);
    assertEquals(Permission.CALL.operation(17), HsmOperation.TEST_PRIVATE_KEY);
    assertEquals(Permission.CALL.operation(18), HsmOperation.TEST_CIPHER);
    assertEquals(Permission.CALL.operation(19), HsmOperation.TEST_IMPORT_KEY);
    assertEquals(Permission.CALL.operation(20), HsmOperation.TEST_HMAC);
    assertEquals(Permission.RAW.operation(1), HsmOperation.RSA_RAW_SIGN);
    assertEquals(Permission.RAW.operation(2), HsmOperation.RSA_RAW_DECRYPT);
  }
}
