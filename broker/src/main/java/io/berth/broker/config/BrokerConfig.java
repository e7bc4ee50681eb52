// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The broker's own places and bounds. Times in nanoseconds, sizes in bytes; what each means stands
 * in docs/berth.yaml.
 *
 * @param socketMode permission bits of the client socket
 * @param yieldMicros empty: chosen from the processors that the broker may use
 */
public record BrokerConfig(
    Path runDirectory,
    Path dataDirectory,
    Path lockDirectory,
    Path countersFile,
    int socketMode,
    OptionalInt yieldMicros,
    long blockTimeoutNanos,
    long handshakeTimeoutNanos,
    long memoryLimitBytes,
    long maxMemoryBytesPerUid,
    int maxSessions,
    int maxSessionsPerUid,
    int requestRingBytes,
    int responseRingBytes,
    int maxRingBytes,
    int maxInlineBytes,
    int maxInFlight,
    int slots,
    ArenaConfig arena) {

  private static final int MAX_MB = 1 << 20;
  private static final int MAX_RING_KB = 1 << 20;

  /** Header, all optional blocks, rounded up: what a frame needs beside its payload. */
  private static final int FRAME_OVERHEAD_BYTES = 256;

  /** sun_path holds 108 bytes with the closing zero. */
  private static final int MAX_SOCKET_PATH_BYTES = 107;

  private static final long MAX_SLOT_MEMORY_BYTES = 1L << 30;

  /** The socket of all clients. */
  public Path clientSocket() {
    return runDirectory.resolve("broker.sock");
  }

  /** Where workers and guards find the broker; its owner's only. */
  public Path workersDirectory() {
    return runDirectory.resolve("workers");
  }

  /** The socket of one device's worker. */
  public Path workerSocket(String device) {
    return workersDirectory().resolve(device + ".sock");
  }

  static BrokerConfig read(Section s, Host host) {
    Path run = s.path("run_directory", " or auto").orElse(host.runDirectory());
    Path data = s.path("data_directory", " or auto").orElse(host.dataDirectory());
    // A limit is read before what it limits, so that a default never contradicts what is written.
    long memoryMb = s.number("memory_limit_mb", 1_024, 8, MAX_MB);
    int maxSessions = s.integer("max_sessions", 2_048, 1, 65_536);
    int maxRingBytes = ringBytes(s, "max_ring_kb", 4_096 * Units.KIB);
    int slots = s.integer("slots", 4_096, 16, 1 << 20);
    BrokerConfig broker =
        new BrokerConfig(
            run,
            data,
            s.path("lock_directory", "").orElse(Path.of("/run/lock/berth")),
            s.path("counters_file", " or auto").orElse(run.resolve("counters.dat")),
            socketMode(s),
            s.integerOrAuto("yield_micros", 0, 10_000),
            Units.millis(s.integer("block_timeout_ms", 5_000, 10, 5_000)),
            Units.millis(s.integer("handshake_timeout_ms", 2_000, 10, 60_000)),
            memoryMb * Units.MIB,
            s.number("max_memory_mb_per_uid", Math.min(512, memoryMb), 1, MAX_MB) * Units.MIB,
            maxSessions,
            s.integer("max_sessions_per_uid", Math.min(1_024, maxSessions), 1, 65_536),
            ringBytes(s, "request_ring_kb", Math.min(64 * Units.KIB, maxRingBytes)),
            ringBytes(s, "response_ring_kb", Math.min(128 * Units.KIB, maxRingBytes)),
            maxRingBytes,
            s.integer("max_inline_bytes", 4_096, 256, 65_536),
            s.integer("max_in_flight", Math.min(256, slots), 1, 65_536),
            slots,
            ArenaConfig.read(s.section("arena"), memoryMb));
    s.end();
    broker.check(s);
    return broker;
  }

  private static int socketMode(Section s) {
    String expected = "an octal mode in quotes such as \"0660\"";
    Optional<String> text = s.text("socket_mode", expected);
    if (text.isPresent() && !text.get().matches("0[0-7]{3}")) {
      s.error(
          s.place("socket_mode"),
          s.path("socket_mode")
              + ": expected "
              + expected
              + ", found '"
              + Scalars.shown(text.get())
              + "'");
      return 0660;
    }
    return text.map(t -> Integer.parseInt(t, 8)).orElse(0660);
  }

  private static int ringBytes(Section s, String key, int defaultBytes) {
    int kb = s.integer(key, defaultBytes / Units.KIB, 4, MAX_RING_KB);
    if (Integer.bitCount(kb) != 1) {
      s.error(
          s.place(key),
          s.path(key)
              + ": expected a power of two, found '"
              + kb
              + "'; write for example "
              + Integer.highestOneBit(kb));
      return defaultBytes;
    }
    return kb * Units.KIB;
  }

  private void check(Section s) {
    // A record never wraps: in the worst case its padding takes as much again.
    int needed = 2 * (maxInlineBytes + FRAME_OVERHEAD_BYTES);
    atLeast(s, "request_ring_kb", requestRingBytes, needed);
    atLeast(s, "response_ring_kb", responseRingBytes, needed);
    atMost(s, "request_ring_kb", requestRingBytes, "max_ring_kb", maxRingBytes);
    atMost(s, "response_ring_kb", responseRingBytes, "max_ring_kb", maxRingBytes);
    atMost(s, "max_sessions_per_uid", maxSessionsPerUid, "max_sessions", maxSessions);
    atMost(s, "max_in_flight", maxInFlight, "slots", slots);
    atMost(s, "max_memory_mb_per_uid", maxMemoryBytesPerUid, "memory_limit_mb", memoryLimitBytes);
    if (arena.maxBytesTotal() > memoryLimitBytes) {
      s.error(
          s.place("arena"),
          s.path("arena")
              + ".max_mb_total is more than memory_limit_mb; arenas count towards that limit");
    }
    long slotBytes = (long) slots * (maxInlineBytes + FRAME_OVERHEAD_BYTES);
    if (slotBytes > MAX_SLOT_MEMORY_BYTES) {
      s.error(
          s.place("slots"),
          s.path("slots")
              + ": slots x max_inline_bytes need "
              + slotBytes / Units.MIB
              + " MB, more than "
              + MAX_SLOT_MEMORY_BYTES / Units.MIB
              + "; lower one of them");
    }
    int socketBytes = clientSocket().toString().getBytes(StandardCharsets.UTF_8).length;
    if (socketBytes > MAX_SOCKET_PATH_BYTES) {
      s.error(
          s.place("run_directory"),
          "the socket's path "
              + clientSocket()
              + " has "
              + socketBytes
              + " bytes, the kernel takes "
              + MAX_SOCKET_PATH_BYTES
              + "; choose a shorter run_directory");
    }
  }

  private static void atLeast(Section s, String key, int bytes, int neededBytes) {
    if (bytes < neededBytes) {
      s.error(
          s.place(key),
          s.path(key)
              + " holds "
              + bytes
              + " bytes, expected at least "
              + neededBytes
              + " (twice the largest frame); raise it or lower max_inline_bytes");
    }
  }

  private static void atMost(Section s, String key, long value, String limitKey, long limit) {
    if (value > limit) {
      s.error(
          s.has(key) ? s.place(key) : s.place(limitKey),
          s.path(key) + " is more than " + limitKey + "; lower it or raise " + limitKey);
    }
  }
}
