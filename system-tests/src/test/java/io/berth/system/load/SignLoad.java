// SPDX-License-Identifier: Apache-2.0
package io.berth.system.load;

import io.berth.client.BerthClient;
import io.berth.client.BerthException;
import io.berth.client.hsm.HsmKey;
import io.berth.client.hsm.KeyUsage;
import io.berth.client.hsm.MalformedMessageException;
import io.berth.client.hsm.Sm2PublicKey;
import io.berth.client.hsm.Sm2Signature;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.bouncycastle.asn1.gm.GMNamedCurves;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.math.ec.ECPoint;

/** Signs digests in several threads and verifies every signature without the card. */
final class SignLoad implements Runnable {
  private static final X9ECParameters CURVE = GMNamedCurves.getByName("sm2p256v1");

  private final BerthClient client;
  private final LoadClient.Options options;
  private final Ends ends;
  private final BooleanSupplier stopped;
  private final AtomicLong numbers = new AtomicLong();

  SignLoad(BerthClient client, LoadClient.Options options, Ends ends, BooleanSupplier stopped) {
    this.client = client;
    this.options = options;
    this.ends = ends;
    this.stopped = stopped;
  }

  @Override
  public void run() {
    try (HsmKey key = HsmKey.open(client, options.resource())) {
      HsmKey patient = key.withTimeout(Duration.ofMillis(options.timeoutMillis()));
      ECPoint publicKey = point(patient.publicKey(KeyUsage.SIGN));
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < options.window(); i++) {
        Thread thread = new Thread(() -> sign(patient, publicKey), "sign-" + i);
        thread.start();
        threads.add(thread);
      }
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void sign(HsmKey key, ECPoint publicKey) {
    while (!stopped.getAsBoolean()) {
      byte[] digest = Message.of(ProcessHandle.current().pid(), numbers.getAndIncrement(), 32);
      ends.submitted();
      try {
        ends.answered(verifies(publicKey, digest, key.sign(digest)));
      } catch (BerthException e) {
        ends.failed(e);
      } catch (MalformedMessageException e) {
        ends.answered(false);
      }
    }
  }

  private static ECPoint point(Sm2PublicKey key) {
    return CURVE.getCurve().createPoint(new BigInteger(1, key.x()), new BigInteger(1, key.y()));
  }

  /** GM/T 0003.2, 7.1, from B5 on. */
  private static boolean verifies(ECPoint publicKey, byte[] digest, Sm2Signature signature) {
    BigInteger n = CURVE.getN();
    BigInteger r = new BigInteger(1, signature.r());
    BigInteger s = new BigInteger(1, signature.s());
    BigInteger t = r.add(s).mod(n);
    if (t.signum() == 0 || r.signum() == 0 || s.signum() == 0) {
      return false;
    }
    ECPoint point = CURVE.getG().multiply(s).add(publicKey.multiply(t)).normalize();
    BigInteger x = point.getAffineXCoord().toBigInteger();
    return new BigInteger(1, digest).add(x).mod(n).equals(r);
  }
}
