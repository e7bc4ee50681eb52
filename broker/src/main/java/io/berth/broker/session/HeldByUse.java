// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.session;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * Things by name, of which there is one each as long as anybody uses it, and none longer. Names may
 * be foreign and without number; what is kept is bounded by what is in use.
 *
 * <p>Whoever uses a thing keeps it by referring to it. One thread.
 */
public final class HeldByUse<T> {
  private static final class Entry<T> extends WeakReference<T> {
    final String name;

    Entry(String name, T thing, ReferenceQueue<T> queue) {
      super(thing, queue);
      this.name = name;
    }
  }

  private final Map<String, Entry<T>> entries = new HashMap<>();
  private final ReferenceQueue<T> unused = new ReferenceQueue<>();

  /** The thing of that name, made if nobody uses one. */
  public T get(String name, Function<String, T> make) {
    dropUnused();
    Entry<T> entry = entries.get(name);
    T thing = entry == null ? null : entry.get();
    if (thing == null) {
      thing = make.apply(name);
      entries.put(name, new Entry<>(name, thing, unused));
    }
    return thing;
  }

  private void dropUnused() {
    Reference<? extends T> reference;
    while ((reference = unused.poll()) != null) {
      // By identity: the name may have a successor already.
      entries.remove(((Entry<?>) reference).name, reference);
    }
  }

  /** How many are kept. */
  public int size() {
    dropUnused();
    return entries.size();
  }
}
