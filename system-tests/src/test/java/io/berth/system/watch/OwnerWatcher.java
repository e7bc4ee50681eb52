// SPDX-License-Identifier: Apache-2.0
package io.berth.system.watch;

import io.berth.system.broker.SoftwareCard;
import io.berth.system.process.Await;
import io.berth.system.process.ProcessView;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * Looks all the time who has the card: which processes have its library mapped while its lock file
 * is open in them. Believes only /proc.
 *
 * <p>Two are owners at once only if the first is still one after the second was seen: what a walk
 * over /proc sees is not one moment.
 */
public final class OwnerWatcher implements AutoCloseable {
  private record Owner(long pid, String startTime) {}

  private final Path lockFile;
  private final Thread thread = new Thread(this::watch, "owner-watcher");
  private final Map<Owner, Integer> seen = new LinkedHashMap<>();
  private final List<String> doubles = new ArrayList<>();
  private volatile boolean stopped;
  private final AtomicInteger looks = new AtomicInteger();

  private OwnerWatcher(Path lockFile) {
    this.lockFile = lockFile;
  }

  /** Begins to watch. */
  public static OwnerWatcher of(SoftwareCard card) throws IOException {
    OwnerWatcher watcher = new OwnerWatcher(card.lockFile().toRealPath());
    watcher.thread.setDaemon(true);
    watcher.thread.start();
    return watcher;
  }

  private void watch() {
    while (!stopped) {
      look();
      looks.incrementAndGet();
    }
  }

  private void look() {
    List<Owner> owners = new ArrayList<>();
    for (ProcessView process : ProcessView.all()) {
      if (owns(process)) {
        owners.add(new Owner(process.pid(), process.startTime()));
      }
    }
    synchronized (this) {
      owners.forEach(owner -> seen.merge(owner, 1, Integer::sum));
      for (int i = 0; i + 1 < owners.size(); i++) {
        ProcessView first = new ProcessView(owners.get(i).pid());
        if (owns(first) && first.startTime().equals(owners.get(i).startTime())) {
          doubles.add(owners.get(i) + " and " + owners.get(i + 1));
        }
      }
    }
  }

  private boolean owns(ProcessView process) {
    return process.mappingsOf("/libberth-softcard.so") > 0 && hasOpen(process);
  }

  private boolean hasOpen(ProcessView process) {
    Path folder = Path.of("/proc", Long.toString(process.pid()), "fd");
    try (Stream<Path> descriptors = Files.list(folder)) {
      for (Path descriptor : (Iterable<Path>) descriptors::iterator) {
        if (leadsToLock(descriptor)) {
          return true;
        }
      }
    } catch (IOException e) {
      return false; // It has ended.
    }
    return false;
  }

  private boolean leadsToLock(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).equals(lockFile);
    } catch (IOException e) {
      return false; // Closed since it was listed.
    }
  }

  private synchronized List<Long> owners() {
    return seen.keySet().stream().map(Owner::pid).toList();
  }

  /**
   * Waits until it has seen that process own the card. Who is going to end an owner asks this
   * before: one that lives between two looks only is never seen.
   */
  public void awaitSeen(ProcessView owner) {
    Await.until(
        "process " + owner.pid() + " has been seen to own " + lockFile,
        () -> owners().contains(owner.pid()),
        () -> "but " + owners() + " in " + looks + " looks");
  }

  /**
   * Fails if it has seen two owners at once until now, or none ever; the watch goes on.
   *
   * @return the pids of the owners that it saw, in their order
   */
  public synchronized List<Long> requireNeverTwo() {
    if (!doubles.isEmpty()) {
      throw new AssertionError("two owners of " + lockFile + ": " + doubles);
    }
    if (seen.isEmpty()) {
      throw new AssertionError(
          "no owner of " + lockFile + " in " + looks + " looks: the watch saw nothing");
    }
    return owners();
  }

  @Override
  public void close() throws InterruptedException {
    stopped = true;
    thread.join();
  }
}
