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
import java.nio.file.Path;
import java.util.Optional;

/**
 * The driver {@code hsm/sdf}: any card with a GM/T 0018 library.
 *
 * <p>Settings: {@code library} (the vendor's file), {@code loading} (now, lazy, global, deepbind),
 * {@code lanes} (card sessions, each used by one thread), {@code password_file} (of the private
 * keys' access rights, unless a key names its own {@code access_password_file}), {@code
 * device_path} (device or lock file, to name who else has it), {@code keys_cached} (imported keys
 * per session), {@code algorithm_*} (where the card's numbers are not the standard's). Per key:
 * {@code index}, {@code kind} = {@code sm2} or {@code kek}.
 */
public final class SdfDriverFactory implements DriverFactory {
  private static final String[] SETTINGS = {
    "library",
    "loading",
    "lanes",
    "password_file",
    "device_path",
    "keys_cached",
    AlgorithmIds.SM2_SIGN,
    AlgorithmIds.SM2_ENCRYPT,
    AlgorithmIds.SM3,
    AlgorithmIds.SM4
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
    AlgorithmIds ids = AlgorithmIds.of(context);
    int lanes = context.number("lanes", 4, 1, LANES_MAX);
    int keysCached = context.number("keys_cached", KEYS_CACHED, 1, KEYS_CACHED_MAX);
    ConfiguredKeys keys = ConfiguredKeys.of(context);
    SdfLibrary library = load(context);
    Card card = open(context, library, ids, keysCached);
    try (CardSession session = card.openSession()) {
      DeviceInfo info = card.info(session);
      SelfTest test = new SelfTest(session, TestKey.choose(context, keys, session));
      test.run();
      return new SdfDriver(context, card, identity(library, info), lanes, keys, test);
    } catch (SdfException e) {
      card.close();
      throw failure(context, e);
    } catch (DriverException e) {
      card.close();
      throw e;
    }
  }

  private static SdfLibrary load(DriverContext context) throws DriverException {
    String file = context.required("library");
    LoadingMode mode;
    try {
      mode = LoadingMode.parse(context.setting("loading", "now"));
    } catch (IllegalArgumentException e) {
      throw context.wrong("loading", context.setting("loading", ""), "now, lazy, global, deepbind");
    }
    try {
      return SdfLibrary.open(Path.of(file), mode);
    } catch (SdfLoadException e) {
      throw DriverException.permanent(context.name() + ": " + e.getMessage(), e);
    }
  }

  private static Card open(
      DriverContext context, SdfLibrary library, AlgorithmIds ids, int keysCached)
      throws DriverException {
    try {
      return Card.open(library, ids, keysCached);
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
