// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import java.nio.charset.StandardCharsets;

/**
 * What a caller asks the journal to write; the journal adds sequence, time and MAC.
 *
 * <p>Text comes from other processes and may be of any length and content. A field whose UTF-8 form
 * exceeds its limit is cut at a character boundary and its bit in {@link #truncatedFields()} is
 * set, so that a cut value can never pass for a whole one; the mark is a bit and not a text because
 * text could be imitated. Unpaired surrogates become {@code ?}, so that one entry has exactly one
 * encoding.
 *
 * @param event what happened
 * @param uid uid of the acting process as the kernel gave it, -1 when nobody acts
 * @param pid process id of the acting process, 0 when none
 * @param status outcome as a status code of the protocol, 0 is OK
 * @param principal name of the principal
 * @param subPrincipal for whom a delegate acts, empty when for itself
 * @param resource name of the resource, for example {@code hsm:payments/sign-key-1}
 * @param operation name of the operation
 * @param detail anything else, one line, never a secret
 * @param truncatedFields bit n set when the n-th text field (principal is 0, detail is 4) was cut
 */
public record AuditEntry(
    AuditEvent event,
    int uid,
    int pid,
    int status,
    String principal,
    String subPrincipal,
    String resource,
    String operation,
    String detail,
    int truncatedFields) {

  /** The uid of a record in which nobody acts. */
  static final int NO_UID = -1;

  /** Limits in UTF-8 bytes: principal, sub-principal, resource, operation, detail. */
  static final int[] LIMIT_BYTES = {128, 128, 256, 64, 1024};

  /** Checks that nothing exceeds its limit; {@link #of} cuts instead. */
  public AuditEntry {
    String[] texts = {principal, subPrincipal, resource, operation, detail};
    String[] names = {"principal", "subPrincipal", "resource", "operation", "detail"};
    for (int i = 0; i < texts.length; i++) {
      int have = texts[i].getBytes(StandardCharsets.UTF_8).length;
      if (have > LIMIT_BYTES[i]) {
        throw new IllegalArgumentException(
            "audit "
                + names[i]
                + ": "
                + have
                + " bytes > limit "
                + LIMIT_BYTES[i]
                + "; use AuditEntry.of to cut it");
      }
    }
    if (truncatedFields < 0 || truncatedFields >= 1 << LIMIT_BYTES.length) {
      throw new IllegalArgumentException(
          "audit truncatedFields: " + truncatedFields + " is not a mask of five bits");
    }
  }

  /** An entry of untrusted text: cut to the limits, with the cut fields marked. */
  public static AuditEntry of(
      AuditEvent event,
      int uid,
      int pid,
      int status,
      String untrustedPrincipal,
      String untrustedSubPrincipal,
      String untrustedResource,
      String untrustedOperation,
      String untrustedDetail) {
    String[] texts = {
      untrustedPrincipal,
      untrustedSubPrincipal,
      untrustedResource,
      untrustedOperation,
      untrustedDetail
    };
    int truncated = 0;
    for (int i = 0; i < texts.length; i++) {
      String whole = texts[i];
      texts[i] = cut(whole, LIMIT_BYTES[i]);
      if (texts[i].length() < whole.length()) {
        truncated |= 1 << i;
      }
    }
    return new AuditEntry(
        event, uid, pid, status, texts[0], texts[1], texts[2], texts[3], texts[4], truncated);
  }

  private static String cut(String whole, int limitBytes) {
    StringBuilder kept = new StringBuilder(Math.min(whole.length(), limitBytes));
    int bytes = 0;
    for (int i = 0; i < whole.length(); ) {
      int codePoint = whole.codePointAt(i);
      i += Character.charCount(codePoint);
      if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
        codePoint = '?';
      }
      int size = codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
      if (bytes + size > limitBytes) {
        break;
      }
      bytes += size;
      kept.appendCodePoint(codePoint);
    }
    return kept.toString();
  }

  /** An entry about the journal or broker itself, with no acting process. */
  public static AuditEntry own(AuditEvent event, int status, String detail) {
    return of(event, -1, 0, status, "", "", "", "", detail);
  }
}
