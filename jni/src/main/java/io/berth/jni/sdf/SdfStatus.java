// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The return codes of GM/T 0018, annex A (2012 edition, and SDR_USERIDERR of 2023). */
public enum SdfStatus {
  SDR_OK(0, "success"),
  SDR_UNKNOWERR(0x01000001, "unknown error"),
  SDR_NOTSUPPORT(0x01000002, "function not offered by this card"),
  SDR_COMMFAIL(0x01000003, "communication with the card failed"),
  SDR_HARDFAIL(0x01000004, "hardware failure: the card does not respond"),
  SDR_OPENDEVICE(0x01000005, "opening the device failed"),
  SDR_OPENSESSION(0x01000006, "opening a session failed"),
  SDR_PARDENY(0x01000007, "no access right to this private key"),
  SDR_KEYNOTEXIST(0x01000008, "key does not exist"),
  SDR_ALGNOTSUPPORT(0x01000009, "algorithm not offered"),
  SDR_ALGMODNOTSUPPORT(0x0100000A, "algorithm's mode not offered"),
  SDR_PKOPERR(0x0100000B, "public key operation failed"),
  SDR_SKOPERR(0x0100000C, "private key operation failed"),
  SDR_SIGNERR(0x0100000D, "signing failed"),
  SDR_VERIFYERR(0x0100000E, "signature is not valid"),
  SDR_SYMOPERR(0x0100000F, "symmetric operation failed"),
  SDR_STEPERR(0x01000010, "step of a multi-step operation is missing or out of order"),
  SDR_FILESIZEERR(0x01000011, "file size wrong"),
  SDR_FILENOEXIST(0x01000012, "file does not exist"),
  SDR_FILEOFSERR(0x01000013, "offset in file wrong"),
  SDR_KEYTYPEERR(0x01000014, "key of the wrong type"),
  SDR_KEYERR(0x01000015, "key wrong"),
  SDR_ENCDATAERR(0x01000016, "encrypted data wrong"),
  SDR_RANDERR(0x01000017, "random generation failed"),
  SDR_PRKRERR(0x01000018, "private key access right could not be obtained: wrong password"),
  SDR_MACERR(0x01000019, "MAC failed"),
  SDR_FILEEXISTS(0x0100001A, "file exists already"),
  SDR_FILEWERR(0x0100001B, "writing the file failed"),
  SDR_NOBUFFER(0x0100001C, "not enough memory"),
  SDR_INARGERR(0x0100001D, "input argument wrong"),
  SDR_OUTARGERR(0x0100001E, "output argument wrong, or answer not in the expected form"),
  SDR_USERIDERR(0x0100001F, "user identity wrong");

  private static final Map<Integer, SdfStatus> BY_CODE = new HashMap<>();

  static {
    for (SdfStatus status : values()) {
      BY_CODE.put(status.code, status);
    }
  }

  private final int code;
  private final String text;

  SdfStatus(int code, String text) {
    this.code = code;
    this.text = text;
  }

  public int code() {
    return code;
  }

  public String text() {
    return text;
  }

  /** The standard's status of a code; empty for a vendor's own. */
  public static Optional<SdfStatus> of(int code) {
    return Optional.ofNullable(BY_CODE.get(code));
  }

  /** For people: {@code SDR_KEYNOTEXIST (0x01000008): key does not exist}. */
  public static String describe(int code) {
    String number = String.format(Locale.ROOT, "0x%08X", code);
    return of(code)
        .map(status -> status.name() + " (" + number + "): " + status.text)
        .orElse(number + ": a code of the vendor's own, see the card's manual");
  }
}
