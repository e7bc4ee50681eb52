// SPDX-License-Identifier: Apache-2.0
package io.berth.client.os;

import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;

/**
 * Unmaps memory of which the application holds buffers, once the last of them is unreachable.
 *
 * <p>Unmapping any earlier would turn a late {@code ByteBuffer.get} into a crash of the JVM. Slices
 * and duplicates keep the root buffer reachable, so watching the root is enough.
 */
public final class MappingReaper {
  private static final ReferenceQueue<ByteBuffer> UNREACHABLE = new ReferenceQueue<>();
  private static final Set<Grave> WATCHED = Collections.synchronizedSet(new HashSet<Grave>());

  private MappingReaper() {}

  /** Hands a mapping over: nobody else may unmap it from now on. */
  public static void watch(Mapping mapping) {
    WATCHED.add(new Grave(mapping));
    reap();
  }

  /** Unmaps what has become unreachable. Cheap when there is nothing. */
  public static void reap() {
    for (Grave each = (Grave) UNREACHABLE.poll(); each != null; each = (Grave) UNREACHABLE.poll()) {
      WATCHED.remove(each);
      Mapping.unmap(each.address, each.bytes);
    }
  }

  private static final class Grave extends PhantomReference<ByteBuffer> {
    private final long address;
    private final long bytes;

    Grave(Mapping mapping) {
      super(mapping.root(), UNREACHABLE);
      this.address = mapping.address();
      this.bytes = mapping.bytes();
    }
  }
}
