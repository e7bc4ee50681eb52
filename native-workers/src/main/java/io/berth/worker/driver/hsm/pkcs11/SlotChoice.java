// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import io.berth.jni.pkcs11.Ckr;
import io.berth.jni.pkcs11.Pkcs11Exception;
import io.berth.jni.pkcs11.Pkcs11Module;
import io.berth.jni.pkcs11.TokenInfo;
import io.berth.worker.driver.DriverContext;
import io.berth.worker.driver.DriverException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Which token is meant. What is null is not asked for.
 *
 * @param label of the token
 * @param serial of the token
 * @param slot the slot's number; many modules give another one after every start
 */
record SlotChoice(String label, String serial, Long slot) {
  static SlotChoice of(DriverContext context) throws DriverException {
    String slot = context.setting("slot", null);
    Long number = null;
    if (slot != null) {
      try {
        number = Long.decode(slot.strip());
      } catch (NumberFormatException e) {
        throw context.wrong("slot", slot, "a number");
      }
    }
    SlotChoice choice =
        new SlotChoice(
            context.setting("token_label", null), context.setting("serial", null), number);
    if (choice.label == null && choice.serial == null && number == null) {
      throw DriverException.permanent(
          context.name()
              + ": which token? Set 'token_label', 'serial' or 'slot' in devices["
              + context.name()
              + "].settings");
    }
    return choice;
  }

  /**
   * The slot of the one token that fits.
   *
   * @throws TokenNotFoundException naming the tokens that there are
   */
  long find(Pkcs11Module module) throws Pkcs11Exception, TokenNotFoundException {
    List<Long> fitting = new ArrayList<>();
    List<String> others = new ArrayList<>();
    for (long candidate : module.slots()) {
      try {
        TokenInfo info = module.tokenInfo(candidate);
        if (fits(candidate, info)) {
          fitting.add(candidate);
        } else {
          others.add("'" + info.label() + "' (serial " + info.serial() + ")");
        }
      } catch (Pkcs11Exception e) {
        if (e.code() != Ckr.TOKEN_NOT_PRESENT && e.code() != Ckr.TOKEN_NOT_RECOGNIZED) {
          throw e;
        }
      }
    }
    if (fitting.size() == 1) {
      return fitting.get(0);
    }
    throw new TokenNotFoundException(
        fitting.isEmpty()
            ? "no token "
                + this
                + "; there "
                + (others.isEmpty() ? "is none" : "are " + listed(others))
            : fitting.size() + " tokens are " + this + ": name the serial number, too");
  }

  private static String listed(List<String> tokens) {
    return tokens.stream().limit(16).collect(Collectors.joining(", "));
  }

  private boolean fits(long candidate, TokenInfo info) {
    return info.has(TokenInfo.INITIALIZED)
        && (label == null || label.equals(info.label()))
        && (serial == null || serial.equals(info.serial()))
        && (slot == null || slot == candidate);
  }

  @Override
  public String toString() {
    List<String> words = new ArrayList<>();
    if (label != null) {
      words.add("labelled '" + label + "'");
    }
    if (serial != null) {
      words.add("of serial number " + serial);
    }
    if (slot != null) {
      words.add("in slot " + slot);
    }
    return String.join(" ", words);
  }
}
