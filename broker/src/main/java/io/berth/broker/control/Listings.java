// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.berth.broker.config.Config;
import io.berth.broker.config.DeviceConfig;
import io.berth.broker.policy.Policy;
import io.berth.broker.policy.Principal;
import io.berth.shm.control.ControlCodec;
import io.berth.shm.control.ControlMessage.Listed;
import io.berth.shm.control.ControlMessage.ListedEntry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Answers LIST: what of the configuration a principal may open, page by page.
 *
 * <p>The policy is asked once about each name and the answers are kept for those who asked lately:
 * many processes of one user ask at once, and a long catalogue has many pages. Neither
 * configuration nor policy changes in a broker's life, so they stay right. Control thread only.
 */
final class Listings {
  static final int KEPT_VIEWS = 64;

  /** Of the policy's answers that one unit of a uid's {@link ListBudget} pays for. */
  private static final int NAMES_PER_UNIT = 64;

  private static final int PAGE_HEADER_BYTES = ControlCodec.HEADER_BYTES + 8;

  /** A name of the configuration; the local name is empty for the device itself. */
  private record Name(DeviceConfig device, String localName, String resource) {}

  /** All that the policy looks at when it is asked for a principal. */
  private record Viewer(
      int uid, int gid, List<Integer> groups, Optional<String> unit, String onBehalfOf) {}

  /** The names that may be told, by their number, with what may be done. */
  private static final class View {
    final int[] names;
    final int[] permissions;

    View(int[] names, int[] permissions) {
      this.names = names;
      this.permissions = permissions;
    }
  }

  private final Policy policy;
  private final Certificates certificates;
  private final List<Name> names = new ArrayList<>();
  private final ListBudget budget = new ListBudget();
  private final Map<Viewer, View> views =
      new LinkedHashMap<>(KEPT_VIEWS, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Viewer, View> eldest) {
          return size() > KEPT_VIEWS;
        }
      };

  Listings(Config config, Certificates certificates) {
    this.certificates = certificates;
    policy = config.policy();
    for (DeviceConfig device : config.devices()) {
      names.add(new Name(device, "", device.resource()));
      for (String key : device.keys().keySet()) {
        names.add(new Name(device, key, device.resource() + "/" + key));
      }
    }
  }

  /**
   * The page behind {@code after}.
   *
   * @param after 0, or what the page before gave; anything else is somewhere in the list
   * @return empty if this uid lists too often
   */
  Optional<Listed> page(Principal principal, String onBehalfOf, int after, long nowNanos) {
    List<Integer> groups = Arrays.stream(principal.groups()).boxed().toList();
    Viewer viewer =
        new Viewer(principal.uid(), principal.gid(), groups, principal.unit(), onBehalfOf);
    View view = views.get(viewer);
    int units = 1 + (view == null ? names.size() / NAMES_PER_UNIT + 1 : 0);
    if (!budget.takes(principal.uid(), units, nowNanos)) {
      return Optional.empty();
    }
    if (view == null) {
      view = view(principal, onBehalfOf);
      views.put(viewer, view);
    }
    return Optional.of(page(view, after));
  }

  private View view(Principal principal, String onBehalfOf) {
    Optional<String> sub = onBehalfOf.isEmpty() ? Optional.empty() : Optional.of(onBehalfOf);
    Policy concerning = policy.concerning(principal, sub);
    int[] found = new int[names.size()];
    int[] permissions = new int[names.size()];
    int count = 0;
    int device = -1;
    for (int i = 0; i < names.size(); i++) {
      int granted = concerning.permissions(principal, names.get(i).resource(), sub);
      boolean isDevice = names.get(i).localName().isEmpty();
      if (isDevice) {
        device = i;
      }
      if (granted == 0) {
        continue;
      }
      if (!isDevice && (count == 0 || found[count - 1] < device)) {
        found[count++] = device; // Itself not granted, but something below it.
      }
      found[count] = i;
      permissions[count++] = granted;
    }
    return new View(Arrays.copyOf(found, count), Arrays.copyOf(permissions, count));
  }

  private Listed page(View view, int after) {
    List<ListedEntry> entries = new ArrayList<>();
    int bytes = PAGE_HEADER_BYTES;
    int at = Math.min(after & Integer.MAX_VALUE, view.names.length);
    for (; at < view.names.length; at++) {
      Name name = names.get(view.names[at]);
      ListedEntry entry =
          new ListedEntry(
              name.resource(), view.permissions[at], name.device().driver(), attributes(name));
      bytes += encodedBytes(entry);
      if (bytes > ControlCodec.MAX_MESSAGE_BYTES) {
        break;
      }
      entries.add(entry);
    }
    return new Listed(at == view.names.length ? 0 : at, entries);
  }

  private Map<String, String> attributes(Name name) {
    Map<String, String> attributes = name.device().attributes(name.localName());
    certificates
        .of(name.resource())
        .ifPresent(certificate -> attributes.put("certificate", certificate.base64()));
    return attributes;
  }

  private static int encodedBytes(ListedEntry entry) {
    int bytes = 8 + encodedBytes(entry.resource()) + encodedBytes(entry.driver());
    for (Map.Entry<String, String> attribute : entry.attributes().entrySet()) {
      bytes += encodedBytes(attribute.getKey()) + encodedBytes(attribute.getValue());
    }
    return bytes;
  }

  private static int encodedBytes(String text) {
    return 2 + text.getBytes(UTF_8).length;
  }
}
