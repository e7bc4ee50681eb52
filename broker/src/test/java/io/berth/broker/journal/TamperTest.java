// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is done to the files, the verifier finds it and says what it was. */
@Tag("same-on-every-java")
class TamperTest {
  /** Where an entry stands in its file: offset of its header, and length of its bytes. */
  private record Place(Path file, long position, int bytes, long sequence) {}

  @TempDir Path temp;
  private TestJournal journal;
  private Head head;

  @BeforeEach
  void a_journal_of_three_files() throws IOException {
    journal = TestJournal.create(temp);
    // Few checkpoints: verifying their signatures is most of the time of a verification this small.
    JournalSettings settings = journal.settings().withCheckpoints(1000, Duration.ofDays(1));
    try (Journal open = Journal.open(journal.files(), settings, journal.random())) {
      for (int i = 0; i < 12; i++) {
        open.append(TestJournal.keyUse(i));
        if (i % 4 == 3) {
          journal.clock().advance(Duration.ofMinutes(5));
        }
      }
    }
    VerifyReport report = journal.verify(null);
    assertNull(report.first());
    head = report.head();
  }

  @Test
  void every_flipped_bit_of_a_record_is_found() throws IOException {
    int flips = 0;
    List<Place> places = places();
    Place last = places.get(places.size() - 1);
    for (Place place : places) {
      if (place.sequence > 3 && place.sequence < last.sequence - 1) {
        continue;
      }
      try (RandomAccessFile file = new RandomAccessFile(place.file.toFile(), "rw")) {
        for (long at = place.position; at < place.position + 4 + place.bytes; at++) {
          file.seek(at);
          int old = file.read();
          // Every bit of a byte in turn would take long; each byte gets the bit of its own number,
          // header bytes get all eight.
          int bits = at < place.position + 4 ? 0xFF : 1 << at % 8;
          for (int bit = 1; bit <= 0x80; bit <<= 1) {
            if ((bits & bit) == 0) {
              continue;
            }
            file.seek(at);
            file.write(old ^ bit);
            Finding first = journal.verify(null).first();
            assertNotNull(
                first,
                "record " + place.sequence + ", byte " + (at - place.position) + ", bit " + bit);
            boolean inNumber =
                at >= place.position + 4 + 36 + 4 && at < place.position + 4 + 36 + 12;
            if (place.sequence == last.sequence && inNumber) {
              // No record follows that could tell an altered number from missing records.
              assertTrue(first.firstSequence() <= last.sequence, first.toString());
            } else if (at >= place.position + 4) {
              assertEquals(Finding.Kind.ALTERED, first.kind(), first.toString());
              assertEquals(place.sequence, first.firstSequence(), first.toString());
            }
            flips++;
          }
          file.seek(at);
          file.write(old);
        }
      }
    }
    assertTrue(flips > 900, "flips: " + flips);
    assertNull(journal.verify(head).first());
  }

  @Test
  void a_byte_in_unused_space_is_noted_and_in_a_finished_file_found() throws IOException {
    List<Path> files = journal.files().cycleFiles();
    Path last = files.get(files.size() - 1);
    flip(last, Files.size(last) - 100);
    VerifyReport report = journal.verify(head);
    assertNull(report.first());
    assertTrue(report.notes().get(0).contains("unfinished write"), report.notes().toString());
    flip(last, Files.size(last) - 100);
    flip(files.get(0), Files.size(files.get(0)) - 100);
    assertEquals(Finding.Kind.UNREADABLE, journal.verify(head).first().kind());
  }

  @Test
  void a_removed_file_is_found() throws IOException {
    List<Place> places = places();
    Path middle = journal.files().cycleFiles().get(1);
    long first =
        places.stream().filter(p -> p.file.equals(middle)).findFirst().orElseThrow().sequence;
    Files.delete(middle);
    Finding finding = journal.verify(null).first();
    assertEquals(Finding.Kind.REMOVED, finding.kind());
    assertEquals(first, finding.firstSequence());
  }

  @Test
  void a_removed_beginning_is_found() throws IOException {
    Files.delete(journal.files().cycleFiles().get(0));
    Finding finding = journal.verify(null).first();
    assertEquals(Finding.Kind.REMOVED, finding.kind());
    assertEquals(0, finding.firstSequence());
  }

  @Test
  void a_removed_end_is_found_by_the_head_file() throws IOException {
    List<Path> files = journal.files().cycleFiles();
    Files.delete(files.get(files.size() - 1));
    assertEquals(Finding.Kind.TRUNCATED, journal.verify(null).first().kind());
  }

  @Test
  void cutting_the_last_file_anywhere_is_found() throws IOException {
    List<Place> places = places();
    Path last = places.get(places.size() - 1).file;
    byte[] whole = Files.readAllBytes(last);
    for (Place place : places) {
      if (place.file.equals(last)) {
        for (long cut :
            new long[] {
              place.position, place.position + 2, place.position + 4, place.position + 40
            }) {
          Files.write(last, Arrays.copyOf(whole, (int) cut));
          VerifyReport report = journal.verify(null);
          assertTrue(
              report.findings().stream().anyMatch(f -> f.kind() == Finding.Kind.TRUNCATED),
              report.findings().toString());
          // And the same with the file's length kept.
          Files.write(last, Arrays.copyOf(Arrays.copyOf(whole, (int) cut), whole.length));
          assertFalse(journal.verify(null).intact());
        }
      }
    }
  }

  @Test
  void emptying_the_queue_and_the_head_is_found() throws IOException {
    for (Path file : journal.files().cycleFiles()) {
      Files.delete(file);
    }
    assertEquals(Finding.Kind.TRUNCATED, journal.verify(null).first().kind());
    Files.delete(journal.files().head());
    assertFalse(journal.verify(null).intact());
    JournalException refused = assertThrows(JournalException.class, journal::open);
    assertEquals(JournalException.Reason.TAMPERED, refused.reason());
  }

  @Test
  void swapped_records_are_found_as_reordered() throws IOException {
    Place[] pair = equallyLongNeighbours();
    byte[] first = read(pair[0]);
    byte[] second = read(pair[1]);
    write(pair[0], second);
    write(pair[1], first);
    Finding finding = journal.verify(null).first();
    assertEquals(Finding.Kind.REORDERED, finding.kind());
    assertEquals(pair[0].sequence, finding.firstSequence());
  }

  @Test
  void a_doubled_record_is_found() throws IOException {
    Place[] pair = equallyLongNeighbours();
    write(pair[1], read(pair[0]));
    assertFalse(journal.verify(null).intact());
  }

  @Test
  void a_record_hidden_as_meta_data_is_found_as_removed() throws IOException {
    Place victim = places().get(2);
    try (RandomAccessFile file = new RandomAccessFile(victim.file.toFile(), "rw")) {
      file.seek(victim.position + 3);
      file.write(0x40);
    }
    Finding finding = journal.verify(null).first();
    assertEquals(Finding.Kind.REMOVED, finding.kind());
    assertEquals(victim.sequence, finding.firstSequence());
    assertEquals(victim.sequence, finding.lastSequence());
  }

  @Test
  void a_record_changed_together_with_a_plain_hash_is_found() throws IOException {
    Place victim = places().get(3);
    StoredEntry entry = StoredEntry.decode(read(victim));
    byte[] changed = entry.canonical().clone();
    changed[28] ^= 1;
    write(victim, new StoredEntry(Sm3.hash(changed), changed).encode());
    Finding finding = journal.verify(null).first();
    assertEquals(Finding.Kind.ALTERED, finding.kind());
    assertEquals(victim.sequence, finding.firstSequence());
    assertEquals(1, journal.verify(null).findings().size(), "what follows still verifies");
  }

  @Test
  void the_key_on_the_host_cannot_forge_what_was_before_it() throws IOException {
    byte[] first;
    try (VerificationKey key = VerificationKey.read(journal.files().verificationKey());
        RatchetKey ratchet = key.copyOfKey()) {
      first = ratchet.copyOfKey();
    }
    try (SealFile.State stolen = SealFile.read(journal.files().seal())) {
      assertEquals(head.sequence() + 1, stolen.nextSequence());
      assertFalse(Arrays.equals(first, stolen.key().copyOfKey()));
      assertThrows(IllegalArgumentException.class, () -> stolen.key().stepTo(3));
      for (Place victim : places()) {
        byte[] old = read(victim);
        StoredEntry entry = StoredEntry.decode(old);
        byte[] changed = entry.canonical().clone();
        changed[28] ^= 1;
        // The best that the stolen key offers: seal the changed record, and all after it, under
        // later keys.
        RatchetKey forger = stolen.key().copy();
        byte[] mac = forger.mac(stolen.headMac(), changed, changed.length);
        write(victim, new StoredEntry(mac, changed).encode());
        Finding finding = journal.verify(null).first();
        assertEquals(Finding.Kind.ALTERED, finding.kind());
        assertEquals(victim.sequence, finding.firstSequence());
        write(victim, old);
      }
    }
  }

  @Test
  void a_head_cannot_be_made_for_a_truncated_journal_with_the_key_on_the_host() throws IOException {
    List<Place> places = places();
    Place lastKept = places.get(4);
    byte[] mac = StoredEntry.decode(read(lastKept)).mac();
    List<Path> files = journal.files().cycleFiles();
    for (int i = 2; i < files.size(); i++) {
      Files.delete(files.get(i));
    }
    cutAfter(lastKept);
    try (SealFile.State stolen = SealFile.read(journal.files().seal())) {
      Files.delete(journal.files().head());
      // The forger owns the present key only; the tag of an older head needs the key of then.
      byte[] chainId = stolen.chainId();
      Head older = new Head(lastKept.sequence, mac);
      byte[] tag = stolen.key().headTag(older.statement(chainId));
      java.nio.ByteBuffer content = java.nio.ByteBuffer.allocate(96);
      content.put("BERTHHD1".getBytes(java.nio.charset.StandardCharsets.US_ASCII)).put(chainId);
      content.putLong(older.sequence()).put(mac).put(tag);
      Files.write(journal.files().head(), ProtectedFile.withChecksum(content.array()));
    }
    assertEquals(older(lastKept), HeadFile.read(journal.files().head()).head());
    assertTrue(
        journal.verify(null).findings().stream()
            .anyMatch(
                f -> f.kind() == Finding.Kind.ALTERED && f.file().equals(journal.files().head())));
  }

  private Head older(Place place) throws IOException {
    return new Head(place.sequence, StoredEntry.decode(read(place)).mac());
  }

  @Test
  void setting_back_queue_and_head_is_found_with_the_expected_head_only() throws IOException {
    Path copy = temp.resolve("copy");
    copyAll(journal.files().directory(), copy);
    try (Journal open = journal.open()) {
      open.append(TestJournal.keyUse(99));
    }
    Head newer = journal.verify(null).head();
    // Everything but the key state is set back: the verifier finds it by the noted head, the next
    // opening by the key state.
    Path seal = temp.resolve("seal-now");
    Files.copy(journal.files().seal(), seal, StandardCopyOption.COPY_ATTRIBUTES);
    deleteAll(journal.files().directory());
    copyAll(copy, journal.files().directory());
    assertNull(
        journal.verify(null).first(), "an older consistent state is not found without an anchor");
    Finding finding = journal.verify(newer).first();
    assertEquals(Finding.Kind.ROLLED_BACK, finding.kind());
    assertEquals(newer.sequence(), finding.lastSequence());
    Files.copy(
        seal,
        journal.files().seal(),
        StandardCopyOption.REPLACE_EXISTING,
        StandardCopyOption.COPY_ATTRIBUTES);
    assertEquals(
        JournalException.Reason.TAMPERED,
        assertThrows(JournalException.class, journal::open).reason());
  }

  @Test
  void setting_back_and_writing_anew_is_found_by_the_expected_head() throws IOException {
    Path copy = temp.resolve("copy");
    copyAll(journal.files().directory(), copy);
    Head noted;
    try (Journal open = journal.open()) {
      noted = open.append(TestJournal.keyUse(99));
    }
    deleteAll(journal.files().directory());
    copyAll(copy, journal.files().directory());
    try (Journal open = journal.open()) {
      open.append(TestJournal.keyUse(55));
      open.append(TestJournal.keyUse(56));
    }
    Finding finding = journal.verify(noted).first();
    assertEquals(Finding.Kind.ROLLED_BACK, finding.kind());
    assertEquals(noted.sequence(), finding.firstSequence());
  }

  @Test
  void an_older_copy_of_one_file_is_found() throws IOException {
    List<Path> files = journal.files().cycleFiles();
    Path last = files.get(files.size() - 1);
    Path copy = Files.copy(last, temp.resolve("older"));
    try (Journal open = journal.open()) {
      open.append(TestJournal.keyUse(99));
    }
    Files.copy(copy, last, StandardCopyOption.REPLACE_EXISTING);
    assertEquals(Finding.Kind.TRUNCATED, journal.verify(null).first().kind());
  }

  @Test
  void another_public_key_is_found() throws IOException {
    TestJournal other = TestJournal.create(Files.createDirectory(temp.resolve("other")));
    Path own = journal.files().checkpointPublicKey();
    Files.copy(other.files().checkpointPublicKey(), own, StandardCopyOption.REPLACE_EXISTING);
    assertEquals(Finding.Kind.BAD_SIGNATURE, journal.verify(null).first().kind());
  }

  @Test
  void a_checkpoint_signed_by_another_key_is_found() throws IOException {
    TestJournal other = TestJournal.create(Files.createDirectory(temp.resolve("other")));
    Files.copy(
        other.files().checkpointKey(),
        journal.files().checkpointKey(),
        StandardCopyOption.REPLACE_EXISTING,
        StandardCopyOption.COPY_ATTRIBUTES);
    try (Journal open = journal.open()) {
      open.append(TestJournal.keyUse(1));
    }
    VerifyReport report = journal.verify(null);
    assertEquals(Finding.Kind.BAD_SIGNATURE, report.first().kind());
    assertEquals(report.head().sequence(), report.first().firstSequence());
  }

  @Test
  void the_verification_key_of_another_journal_verifies_nothing() throws IOException {
    TestJournal other = TestJournal.create(Files.createDirectory(temp.resolve("other")));
    try (VerificationKey key = VerificationKey.read(other.files().verificationKey())) {
      assertFalse(new JournalVerifier(journal.files(), key, null).verify().intact());
    }
  }

  @Test
  void an_advanced_verification_key_verifies_the_rest_only() throws IOException {
    Path advanced = temp.resolve("advanced.key");
    try (VerificationKey key = VerificationKey.read(journal.files().verificationKey());
        VerificationKey later = key.advancedTo(6)) {
      later.write(advanced);
    }
    assertEquals(
        "r--------", PosixFilePermissions.toString(Files.getPosixFilePermissions(advanced)));
    try (VerificationKey key = VerificationKey.read(advanced)) {
      VerifyReport report = new JournalVerifier(journal.files(), key, head).verify();
      assertNull(report.first());
      assertEquals(6, report.firstSequence());
      assertEquals(report.records() - 6, report.verifiedRecords());
    }
  }

  @Test
  void a_journal_changed_in_the_open_epoch_is_not_continued() throws IOException {
    JournalSettings settings = journal.settings().withCheckpoints(1000, Duration.ofDays(1));
    Path copy = temp.resolve("copy");
    try (Journal open = Journal.open(journal.files(), settings, journal.random())) {
      for (int i = 0; i < 5; i++) {
        open.append(TestJournal.keyUse(i));
      }
      copyAll(journal.files().directory(), copy);
    }
    deleteAll(journal.files().directory());
    copyAll(copy, journal.files().directory());
    List<Place> places = places();
    Place victim = places.get(places.size() - 2);
    flip(victim.file, victim.position + 4 + 36 + 28);
    JournalException refused = assertThrows(JournalException.class, journal::open);
    assertEquals(JournalException.Reason.TAMPERED, refused.reason());
    assertTrue(refused.getMessage().contains("record " + victim.sequence), refused.getMessage());
    flip(victim.file, victim.position + 4 + 36 + 28);
    try (Journal open = journal.open()) {
      open.append(TestJournal.keyUse(6));
    }
    assertNull(journal.verify(null).first());
  }

  @Test
  void records_lost_by_a_power_failure_are_declared_and_stay_visible() throws IOException {
    JournalSettings settings = journal.settings().withCheckpoints(1000, Duration.ofDays(1));
    Path copy = temp.resolve("copy");
    Head beforeLoss;
    try (Journal open = Journal.open(journal.files(), settings, journal.random())) {
      open.append(TestJournal.keyUse(1));
      beforeLoss = open.append(TestJournal.keyUse(2));
      open.append(TestJournal.keyUse(3));
      open.append(TestJournal.keyUse(4));
      copyAll(journal.files().directory(), copy);
    }
    deleteAll(journal.files().directory());
    copyAll(copy, journal.files().directory());
    // The head's page reached the disk, those of the last two records did not.
    Place lastKept =
        places().stream()
            .filter(p -> p.sequence == beforeLoss.sequence())
            .findFirst()
            .orElseThrow();
    byte[] whole = Files.readAllBytes(lastKept.file);
    Arrays.fill(whole, (int) lastKept.position + 4 + lastKept.bytes, whole.length, (byte) 0);
    Files.write(lastKept.file, whole);
    for (int restart = 0; restart < 2; restart++) {
      try (Journal open = Journal.open(journal.files(), settings, journal.random())) {
        open.append(TestJournal.keyUse(5));
      }
      VerifyReport report = journal.verify(null);
      assertEquals(1, report.findings().size(), report.findings().toString());
      assertEquals(Finding.Kind.REMOVED, report.first().kind());
      assertEquals(beforeLoss.sequence() + 1, report.first().firstSequence());
      assertEquals(beforeLoss.sequence() + 2, report.first().lastSequence());
      assertTrue(report.first().message().contains("power loss"), report.first().toString());
      assertEquals(report.records(), report.verifiedRecords(), "the chain goes on across the loss");
    }
  }

  @Test
  void arbitrary_bytes_never_make_the_verifier_fail() throws IOException {
    java.util.Random random = new java.util.Random(42);
    List<Path> files = journal.files().cycleFiles();
    for (int round = 0; round < 200; round++) {
      Path victim = files.get(random.nextInt(files.size()));
      byte[] whole = Files.readAllBytes(victim);
      byte[] changed = whole.clone();
      int from = random.nextInt(40_000);
      byte[] noise = new byte[1 + random.nextInt(64)];
      random.nextBytes(noise);
      System.arraycopy(noise, 0, changed, from, noise.length);
      Files.write(victim, changed);
      assertNotNull(journal.verify(head));
      Files.write(victim, whole);
    }
    assertNull(journal.verify(head).first());
  }

  private List<Place> places() throws IOException {
    List<Place> places = new ArrayList<>();
    for (Path file : journal.files().cycleFiles()) {
      try (CycleFileReader reader = new CycleFileReader(file)) {
        while (reader.next() == CycleFileReader.Step.ENTRY) {
          places.add(new Place(file, reader.position(), reader.payload().length, places.size()));
        }
      }
    }
    return places;
  }

  private Place[] equallyLongNeighbours() throws IOException {
    List<Place> places = places();
    for (int i = 1; i < places.size(); i++) {
      Place first = places.get(i - 1);
      Place second = places.get(i);
      if (first.bytes == second.bytes && first.file.equals(second.file)) {
        return new Place[] {first, second};
      }
    }
    throw new AssertionError("no two neighbours of the same length");
  }

  private static byte[] read(Place place) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(place.file.toFile(), "r")) {
      byte[] bytes = new byte[place.bytes];
      file.seek(place.position + 4);
      file.readFully(bytes);
      return bytes;
    }
  }

  private static void write(Place place, byte[] bytes) throws IOException {
    assertEquals(place.bytes, bytes.length);
    try (RandomAccessFile file = new RandomAccessFile(place.file.toFile(), "rw")) {
      file.seek(place.position + 4);
      file.write(bytes);
    }
    assertArrayEquals(bytes, read(place));
  }

  private static void cutAfter(Place place) throws IOException {
    byte[] whole = Files.readAllBytes(place.file);
    Arrays.fill(whole, (int) place.position + 4 + place.bytes, whole.length, (byte) 0);
    Files.write(place.file, whole);
  }

  private static void flip(Path path, long at) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.seek(at);
      int old = file.read();
      file.seek(at);
      file.write(old ^ 1);
    }
  }

  private static void copyAll(Path from, Path to) throws IOException {
    List<Path> all;
    try (Stream<Path> walk = Files.walk(from)) {
      all = walk.toList();
    }
    for (Path one : all) {
      Files.copy(one, to.resolve(from.relativize(one)), StandardCopyOption.COPY_ATTRIBUTES);
    }
  }

  private static void deleteAll(Path directory) throws IOException {
    List<Path> all;
    try (Stream<Path> walk = Files.walk(directory)) {
      all = walk.sorted(java.util.Comparator.reverseOrder()).toList();
    }
    for (Path one : all) {
      Files.delete(one);
    }
  }
}
