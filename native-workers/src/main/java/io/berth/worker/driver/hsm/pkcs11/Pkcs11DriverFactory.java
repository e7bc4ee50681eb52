// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import io.berth.jni.pkcs11.Ckr;
import io.berth.jni.pkcs11.Pkcs11Exception;
import io.berth.jni.pkcs11.Pkcs11LoadException;
import io.berth.jni.pkcs11.Pkcs11Module;
import io.berth.jni.sdf.LoadingMode;
import io.berth.worker.driver.Driver;
import io.berth.worker.driver.DriverContext;
import io.berth.worker.driver.DriverException;
import io.berth.worker.driver.DriverFactory;
import io.berth.worker.driver.RequestException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The driver {@code hsm/pkcs11}: any token with a PKCS #11 module.
 *
 * <p>Settings: {@code module} (the vendor's file), {@code loading} (now, lazy, global, deepbind),
 * {@code token_label}, {@code serial}, {@code slot} (which token: one of them at least), {@code
 * pin_file} (the PIN of the token's user), {@code login_verifier_file} (of the PIN that programs
 * have to show), {@code mechanisms_file} (the vendor's own numbers), {@code lanes} (sessions, each
 * used by one thread), {@code keys_cached} (unwrapped keys per session), {@code look_while_making}
 * (whether the module finds objects while it makes others). Per key: {@code label}, {@code id}.
 */
public final class Pkcs11DriverFactory implements DriverFactory {
  private static final Logger LOG = LoggerFactory.getLogger(Pkcs11DriverFactory.class);

  private static final String[] SETTINGS = {
    "module",
    "loading",
    "lanes",
    "token_label",
    "serial",
    "slot",
    "pin_file",
    "login_verifier_file",
    "mechanisms_file",
    "keys_cached",
    "look_while_making"
  };

  private static final int LANES_MAX = 256;
  private static final int KEYS_CACHED = 32;
  private static final int KEYS_CACHED_MAX = 4096;

  @Override
  public String name() {
    return "hsm/pkcs11";
  }

  @Override
  public Driver open(DriverContext context) throws DriverException {
    context.refuseUnknown(SETTINGS);
    SlotChoice choice = SlotChoice.of(context);
    int lanes = context.number("lanes", 4, 1, LANES_MAX);
    int keysCached = context.number("keys_cached", KEYS_CACHED, 1, KEYS_CACHED_MAX);
    boolean looksWhileMaking = context.flag("look_while_making", false);
    PinVerifier pins = pins(context);
    VendorMechanisms vendors = vendors(context);
    Pkcs11Module module = load(context);
    boolean alone = !initialize(context, module);
    try {
      List<TokenName> names = configured(context);
      String pinFile = context.setting("pin_file", null);
      Token token = Token.open(module, choice, pinFile, names, alone, looksWhileMaking);
      return new Pkcs11Driver(
          context,
          token,
          vendors,
          pins,
          alone ? 1 : lanes,
          keysCached,
          alone,
          groupKeys(context, token, vendors, names));
    } catch (IOException e) {
      finish(module);
      throw failure(context, e);
    }
  }

  private static Map<String, String> groupKeys(
      DriverContext context, Token token, VendorMechanisms vendors, List<TokenName> names)
      throws IOException, DriverException {
    if (context.setting(GroupObjects.CARD, "").isEmpty()) {
      return Map.of();
    }
    try (TokenSession session = new TokenSession(token, vendors, 1)) {
      return GroupObjects.compare(context, session, names);
    } catch (DriverException e) {
      token.close();
      throw e;
    }
  }

  private static VendorMechanisms vendors(DriverContext context) throws DriverException {
    String file = context.setting("mechanisms_file", null);
    try {
      return file == null ? VendorMechanisms.NONE : VendorMechanisms.read(file);
    } catch (IOException e) {
      throw DriverException.permanent(context.name() + ": mechanisms_file: " + e.getMessage(), e);
    }
  }

  private static PinVerifier pins(DriverContext context) throws DriverException {
    String file = context.setting("login_verifier_file", null);
    try {
      return file == null ? null : PinVerifier.read(file, System::nanoTime);
    } catch (IOException e) {
      throw DriverException.permanent(context.name() + ": " + e.getMessage(), e);
    }
  }

  /** The names of the configuration; one that is written wrongly is told of, and costs no other. */
  private static List<TokenName> configured(DriverContext context) {
    List<TokenName> names = new ArrayList<>();
    for (String name : context.targetNames()) {
      try {
        names.add(TokenName.of(context.name(), name, context.targetSettings(name)));
      } catch (RequestException e) {
        LOG.warn("{}; whoever asks for this key is told so", e.getMessage());
      }
    }
    return names;
  }

  private static Pkcs11Module load(DriverContext context) throws DriverException {
    String file = context.required("module");
    LoadingMode mode;
    try {
      mode = LoadingMode.parse(context.setting("loading", "now"));
    } catch (IllegalArgumentException e) {
      throw context.wrong("loading", context.setting("loading", ""), "now, lazy, global, deepbind");
    }
    try {
      return Pkcs11Module.open(Path.of(file), mode);
    } catch (Pkcs11LoadException e) {
      throw DriverException.permanent(context.name() + ": " + e.getMessage(), e);
    }
  }

  /** Initialises the module. False: it may be called by one thread at a time only. */
  private static boolean initialize(DriverContext context, Pkcs11Module module)
      throws DriverException {
    try {
      module.initialize(true);
      return true;
    } catch (Pkcs11Exception e) {
      if (e.code() != Ckr.CANT_LOCK) {
        needInitialized(context, e);
        return true;
      }
    }
    try {
      module.initialize(false);
    } catch (Pkcs11Exception e) {
      needInitialized(context, e);
    }
    LOG.warn("{}: the module cannot lock: it is used by one thread at a time", context.name());
    return false;
  }

  private static void needInitialized(DriverContext context, Pkcs11Exception e)
      throws DriverException {
    if (e.code() != Ckr.CRYPTOKI_ALREADY_INITIALIZED) {
      throw DriverException.transientFailure(context.name() + ": " + e.getMessage());
    }
  }

  private static void finish(Pkcs11Module module) {
    try {
      module.finish();
    } catch (Pkcs11Exception e) {
      LOG.debug("{}", e.getMessage()); // Why it did not open is what is told.
    }
  }

  /** Wrong PINs and files stay wrong until somebody acts; a token may come back. */
  private static DriverException failure(DriverContext context, IOException e) {
    String text = context.name() + ": " + e.getMessage();
    if (e instanceof TokenNotFoundException) {
      return DriverException.transientFailure(text);
    }
    if (!(e instanceof Pkcs11Exception)) {
      return DriverException.permanent(text, e);
    }
    long code = ((Pkcs11Exception) e).code();
    if (Token.saysWrongPin(code)) {
      return DriverException.permanent(
          text
              + "; correct the PIN in "
              + context.setting("pin_file", "")
              + " (it is not tried again by itself, as tokens lock)",
          e);
    }
    return DriverException.transientFailure(text);
  }
}
