// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import java.util.Set;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * Refuses what YAML offers beyond plain values. An anchor can make a small file stand for a huge or
 * endless one, and a tag says nothing that a reader here would obey.
 */
final class PlainNodes {
  private static final Set<Tag> PLAIN =
      Set.of(Tag.MAP, Tag.SEQ, Tag.STR, Tag.INT, Tag.FLOAT, Tag.BOOL, Tag.NULL);

  private final Scalars scalars;

  PlainNodes(Scalars scalars) {
    this.scalars = scalars;
  }

  void check(Node node) {
    Place place = scalars.place(node);
    if (node.getAnchor().isPresent()) {
      // Not looked into: it may contain itself.
      scalars
          .problems()
          .error(place, "anchors (&) and aliases (*) are not supported; write the value out");
      return;
    }
    if (!PLAIN.contains(node.getTag())) {
      scalars
          .problems()
          .error(
              place,
              "tags such as "
                  + Scalars.shown(node.getTag().getValue())
                  + " are not supported; remove it");
    }
    if (node instanceof MappingNode mapping) {
      for (NodeTuple tuple : mapping.getValue()) {
        check(tuple.getKeyNode());
        check(tuple.getValueNode());
      }
    } else if (node instanceof SequenceNode sequence) {
      sequence.getValue().forEach(this::check);
    }
  }
}
