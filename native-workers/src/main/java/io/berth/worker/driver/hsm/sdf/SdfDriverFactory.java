// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.jni.sdf.DeviceInfo;
import io.berth.jni.sdf.LoadingMode;
import io.berth.jni.sdf.SdfException;
import io.berth.jni.sdf.SdfLibrary;
import io.berth.jni.sdf.SdfLoadException;
import io.berth.jni.sdf.SdfStatus;
import io.berth.worker.driver.Driver;
import io.berth.worker.driver.DriverContext;
import io.berth.worker.driver.DriverException;
import io.berth.worker.driver.DriverFactory;
import io.berth.worker.driver.hsm.sdf.dialect.Dialect;
import io.berth.worker.driver.hsm.sdf.dialect.DialectException;
import io.berth.worker.driver.hsm.sdf.dialect.Dialects;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The driver {@code hsm/sdf}: any card with a GM/T 0018 library.
 *
 * <p>Settings: {@code library} (the vendor's file), {@code loading} (now, lazy, global, deepbind),
 * {@code lanes} (card sessions, each used by one thread), {@code password_file} (of the private
 * keys' access rights, unless a key names its own {@code access_password_file}), {@code
 * device_path} (device or lock file, to name who else has it), {@code keys_cached} (imported keys
 * per session), {@code software_fallback} ({@link SoftwareFallback}), {@code dialect} or {@code
 * dialect_file} (the card's family, {@code standard} if nothing is said). Per key: {@code index},
 * {@code kind} = {@code sm2}, {@code rsa} or {@code kek}.
 */
public final class SdfDriverFactory implements DriverFactory {
  private static final String DIALECT = "dialect";
  private static final String DIALECT_FILE = "dialect_file";
  private static final String[] SETTINGS = {
    "library",
    "loading",
    "lanes",
    "password_file",
    "device_path",
    "keys_cached",
    SoftwareFallback.SETTING,
    DIALECT,
    DIALECT_FILE
  };

  private static final int LANES_MAX = 256;
  private static final int KEYS_CACHED = 32;
  private static final int KEYS_CACHED_MAX = 4096;

  @Override
  public String name() {
    return "hsm/sdf";
  }

  @Override
  public Driver open(DriverContext context) throws DriverException {
    context.refuseUnknown(SETTINGS);
    Dialect dialect = dialect(context);
    int lanes = context.number("lanes", 4, 1, LANES_MAX);
    int keysCached = context.number("keys_cached", KEYS_CACHED, 1, KEYS_CACHED_MAX);
    ConfiguredKeys keys = ConfiguredKeys.of(context);
    SdfLibrary library = load(context, dialect);
    Card card = open(context, library, dialect, keysCached);
    try (CardSession session = card.openSession()) {
      DeviceInfo info = card.info(session);
      WrongDialect.refuse(context, keys, session);
      TestKey testKey = TestKey.choose(context, keys, session);
      SelfTest test = new SelfTest(session, testKey);
      test.run();
      GroupKeys group = GroupKeys.compare(context, keys, session, test);
      FurtherCapabilities further =
          FurtherCapabilities.of(context, keys, session, info, testKey, test);
      return new SdfDriver(
          context, card, identity(library, info), lanes, keys, test, further, group);
    } catch (SdfException e) {
      card.close();
      throw failure(context, e);
    } catch (DriverException e) {
      card.close();
      throw e;
    }
  }

  private static Dialect dialect(DriverContext context) throws DriverException {
    String name = context.setting(DIALECT, null);
    String file = context.setting(DIALECT_FILE, null);
    if (file == null) {
      Dialect known = Dialects.named(name == null ? Dialects.STANDARD : name);
      if (known == null) {
        throw context.wrong(
            DIALECT,
            name,
            "one of " + String.join(", ", Dialects.NAMES) + ", or a 'dialect_file' of your own");
      }
      return known;
    }
    if (name != null) {
      throw DriverException.permanent(
          context.name() + ": both 'dialect' and 'dialect_file' are set, expected one");
    }
    try {
      return Dialects.fromFile(Path.of(file));
    } catch (DialectException e) {
      throw DriverException.permanent(context.name() + ": " + e.getMessage(), e);
    }
  }

  private static SdfLibrary load(DriverContext context, Dialect dialect) throws DriverException {
    String file = context.required("library");
    LoadingMode mode;
    try {
      mode = LoadingMode.parse(context.setting("loading", "now"));
    } catch (IllegalArgumentException e) {
      throw context.wrong("loading", context.setting("loading", ""), "now, lazy, global, deepbind");
    }
    try {
      return SdfLibrary.open(Path.of(file), mode, dialect.shape());
    } catch (SdfLoadException e) {
      throw DriverException.permanent(context.name() + ": " + e.getMessage(), e);
    }
  }

  private static Card open(
      DriverContext context, SdfLibrary library, Dialect dialect, int keysCached)
      throws DriverException {
    try {
      return Card.open(library, dialect, keysCached);
    } catch (SdfException e) {
      throw failure(context, e);
    }
  }

  /** Says who has the card, where the kernel tells it. */
  private static DriverException failure(DriverContext context, SdfException e) {
    String text = context.name() + ": " + e.getMessage();
    if (e.code() == SdfStatus.SDR_OPENDEVICE.code()) {
      Optional<String> holder =
          Optional.ofNullable(context.setting("device_path", null))
              .map(Path::of)
              .flatMap(DeviceHolder::find);
      text +=
          holder
              .map(who -> "; the device is open in " + who + ": stop it, one owner only")
              .orElse(
                  "; is it there, may this user open it, is the password right that its library"
                      + " reads, and has no other process got it? Its own words stand in the log");
    }
    // The card may come back; the supervisor tries again, later and later.
    return DriverException.transientFailure(text);
  }

  private static String identity(SdfLibrary library, DeviceInfo info) {
    return (info.issuer() + " " + info.name() + " " + info.serial()).strip()
        + ", "
        + library.file().getFileName();
  }
}
