// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import com.google.protobuf.InvalidProtocolBufferException;
import io.berth.broker.catalogue.KeyUsage;
import io.berth.broker.cli.KeyAccess.KeyException;
import io.berth.client.BerthClient;
import io.berth.client.BerthException;
import io.berth.client.Listed;
import io.berth.client.Permission;
import io.berth.client.Request;
import io.berth.client.Resource;
import io.berth.client.StatusCode;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.DestroyObjectRequest;
import io.berth.shm.hsm.v1.FindObjectsReply;
import io.berth.shm.hsm.v1.FindObjectsRequest;
import io.berth.shm.hsm.v1.FoundObject;
import io.berth.shm.hsm.v1.GenerateObjectRequest;
import io.berth.shm.hsm.v1.KeyReference;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code berth key create} and {@code berth key destroy}. */
final class KeyMakeCommand {
  private static final String EXIT_FAILED = "1:It was not confirmed, or failed.";

  /** Pages of objects that carry one name; more is no key but a mistake. */
  private static final int MAX_PAGES = 64;

  private KeyMakeCommand() {}

  /** Whether the person says so. No terminal and no --yes: nobody does. */
  private static boolean isConfirmed(boolean yes, String what, Listed key) throws IOException {
    if (yes) {
      return true;
    }
    System.err.println(what + " Type " + key.resource() + " to go on:");
    // Not closed: it is the process's own.
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    if (key.resource().equals(input.readLine())) {
      return true;
    }
    System.err.println("berth: not confirmed, nothing is done; --yes confirms without a question");
    return false;
  }

  private static void told(boolean json, Listed key, String what, List<Long> objects) {
    if (!json) {
      System.out.println(key.resource() + ": " + what);
      return;
    }
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("resource", key.resource());
    out.put("objects", objects.stream().map(Long::toUnsignedString).toList());
    System.out.println(JsonText.of(out));
  }

  /** {@code berth key create}. */
  @Command(
      name = "create",
      mixinStandardHelpOptions = true,
      description =
          "Has the device make a key under a name that the catalogue has (devices[].keys) and no"
              + " object carries yet, of the catalogue's algorithm and usage. It stays on the"
              + " device, sensitive and not extractable. Needs the permission manage; recorded in"
              + " the journal. For devices behind PKCS #11; an SDF card's keys are made with its"
              + " own tool.",
      exitCodeListHeading = "%nExit codes:%n",
      exitCodeList = {
        KeyAccess.EXIT_OK,
        EXIT_FAILED,
        KeyAccess.EXIT_USAGE,
        KeyAccess.EXIT_NO_BROKER,
        KeyAccess.EXIT_NOT_PERMITTED
      })
  static final class Create implements Callable<Integer> {
    @Mixin private KeyAccess access;

    @Parameters(paramLabel = "NAME", description = "The key.")
    private String name;

    @Option(names = "--yes", description = "Do not ask for confirmation.")
    private boolean yes;

    @Option(names = "--json", description = "As JSON.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
      return access.run(this::create);
    }

    private int create(BerthClient client) throws Exception {
      Listed key = KeyAccess.named(KeyAccess.keys(client), name);
      String algorithm = KeyAccess.attribute(key, "algorithm");
      String usage = KeyAccess.attribute(key, "usage");
      if (algorithm.isEmpty() || usage.isEmpty()) {
        throw new KeyException(
            key.resource()
                + ": the catalogue does not say what key it is; write algorithm and usage under"
                + " devices[].keys and reload");
      }
      GenerateObjectRequest request =
          KeyTemplates.of(algorithm, KeyUsage.valueOf(usage.toUpperCase(java.util.Locale.ROOT)));
      if (!isConfirmed(yes, "A key of " + algorithm + " will be made on the device.", key)) {
        return ExitCode.FAILED;
      }
      int permissions = Permission.MANAGE.mask() | Permission.EXPORT.mask();
      try (Resource opened = client.open(key.resource(), permissions, "")) {
        List<FoundObject> there = find(opened, access);
        if (!there.isEmpty()) {
          throw new KeyException(
              key.resource()
                  + ": the device has "
                  + there.size()
                  + " objects of this name already; destroy them first, or choose another name");
        }
        byte[] reply =
            opened
                .call(
                    Request.of(HsmOperation.GENERATE_OBJECT)
                        .payload(request.toByteArray())
                        .timeout(access.timeout()))
                .payload();
        io.berth.shm.hsm.v1.MadeObject made = io.berth.shm.hsm.v1.MadeObject.parseFrom(reply);
        List<Long> objects = new ArrayList<>(List.of(made.getObject()));
        if (made.getPrivateObject() != 0) {
          objects.add(made.getPrivateObject());
        }
        told(json, key, "made; 'berth key verify' shows its public key", objects);
        return ExitCode.OK;
      }
    }
  }

  /** {@code berth key destroy}. */
  @Command(
      name = "destroy",
      mixinStandardHelpOptions = true,
      description =
          "Destroys every object on the device that carries the key's name: of a pair both halves."
              + " What was encrypted or wrapped with it is lost. Needs the permissions manage and"
              + " export; recorded in the journal. For devices behind PKCS #11.",
      exitCodeListHeading = "%nExit codes:%n",
      exitCodeList = {
        KeyAccess.EXIT_OK,
        EXIT_FAILED,
        KeyAccess.EXIT_USAGE,
        KeyAccess.EXIT_NO_BROKER,
        KeyAccess.EXIT_NOT_PERMITTED
      })
  static final class Destroy implements Callable<Integer> {
    @Mixin private KeyAccess access;

    @Parameters(paramLabel = "NAME", description = "The key.")
    private String name;

    @Option(names = "--yes", description = "Do not ask for confirmation.")
    private boolean yes;

    @Option(names = "--json", description = "As JSON.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
      return access.run(this::destroy);
    }

    private int destroy(BerthClient client) throws Exception {
      Listed key = KeyAccess.named(KeyAccess.keys(client), name);
      int permissions = Permission.MANAGE.mask() | Permission.EXPORT.mask();
      try (Resource opened = client.open(key.resource(), permissions, "")) {
        List<FoundObject> objects = find(opened, access);
        if (objects.isEmpty()) {
          throw new KeyException(key.resource() + ": the device has no object of this name");
        }
        if (!isConfirmed(
            yes,
            objects.size()
                + " objects will be destroyed on the device, for ever, and with them whatever only"
                + " they can decrypt.",
            key)) {
          return ExitCode.FAILED;
        }
        List<Long> destroyed = new ArrayList<>();
        for (FoundObject object : objects) {
          DestroyObjectRequest request =
              DestroyObjectRequest.newBuilder()
                  .setKey(KeyReference.newBuilder().setObject(object.getObject()))
                  .build();
          opened.call(
              Request.of(HsmOperation.DESTROY_OBJECT)
                  .payload(request.toByteArray())
                  .timeout(access.timeout()));
          destroyed.add(object.getObject());
        }
        told(json, key, destroyed.size() + " objects destroyed", destroyed);
        return ExitCode.OK;
      }
    }
  }

  /** All objects that carry the opened name. */
  private static List<FoundObject> find(Resource opened, KeyAccess access) throws KeyException {
    try {
      return findAll(opened, access);
    } catch (BerthException e) {
      if (e.status() == StatusCode.NOT_FOUND) {
        return List.of(); // A name that no object carries.
      }
      throw e;
    }
  }

  private static List<FoundObject> findAll(Resource opened, KeyAccess access) throws KeyException {
    List<FoundObject> found = new ArrayList<>();
    for (int page = 0; page < MAX_PAGES; page++) {
      FindObjectsRequest request = FindObjectsRequest.newBuilder().setSkip(found.size()).build();
      byte[] reply =
          opened
              .call(
                  Request.of(HsmOperation.FIND_OBJECTS)
                      .payload(request.toByteArray())
                      .timeout(access.timeout())
                      .idempotent())
              .payload();
      try {
        FindObjectsReply objects = FindObjectsReply.parseFrom(reply);
        found.addAll(objects.getObjectsList());
        if (!objects.getMore() || objects.getObjectsCount() == 0) {
          return found;
        }
      } catch (InvalidProtocolBufferException e) {
        throw new KeyException(opened + ": the device's answer is no list: " + e.getMessage());
      }
    }
    throw new KeyException(opened + ": more than " + found.size() + " objects carry this name");
  }
}
