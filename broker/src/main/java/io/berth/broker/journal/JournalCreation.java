// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import java.io.IOException;
import java.security.SecureRandom;
import java.util.Arrays;

/** Makes a new journal: its identity, its keys, and the files that hold them. */
final class JournalCreation {
  private JournalCreation() {}

  /** See {@link Journal#create}. */
  static void create(JournalFiles files, SecureRandom random) throws IOException {
    ProtectedFile.createOrCheckDirectory(files.directory());
    ProtectedFile.createOrCheckDirectory(files.queue());
    byte[] chainId = new byte[AuditChain.CHAIN_ID_BYTES];
    byte[] key = new byte[RatchetKey.KEY_BYTES];
    random.nextBytes(chainId);
    random.nextBytes(key);
    byte[] publicKeyHash =
        CheckpointKey.create(files.checkpointKey(), files.checkpointPublicKey(), random);
    try (VerificationKey verification =
            new VerificationKey(chainId, new RatchetKey(0, key), publicKeyHash);
        AuditChain chain = new AuditChain(new RatchetKey(0, key), AuditChain.genesisMac(chainId))) {
      Arrays.fill(key, (byte) 0);
      verification.write(files.verificationKey());
      // Last, because its presence says that the journal exists.
      new SealFile(files.seal(), chainId).create(chain);
    }
  }
}
