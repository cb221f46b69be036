// Which keys Home Assistant's MQTT integration takes, and must have, in a device's discovery; written down from the schemas in
// homeassistant/components/mqtt of home-assistant/core (schemas.py, config.py, binary_sensor.py, button.py, event.py, lock.py).

export interface KeyTable {
  readonly required: readonly string[];
  readonly optional: readonly string[];
  readonly deviceClasses: readonly string[];
}

export const deviceMessage = {
  required: ["device", "origin", "components"],
  optional: [
    "availability",
    "availability_mode",
    "availability_template",
    "availability_topic",
    "command_topic",
    "encoding",
    "payload_available",
    "payload_not_available",
    "qos",
    "state_topic",
  ],
} as const;

export const deviceKeys: readonly string[] = [
  "configuration_url",
  "connections",
  "hw_version",
  "identifiers",
  "manufacturer",
  "model",
  "model_id",
  "name",
  "serial_number",
  "suggested_area",
  "sw_version",
  "via_device",
];

export const originKeys: readonly string[] = ["name", "support_url", "sw_version"];

/** Any component may have these. */
export const commonKeys: readonly string[] = [
  "availability_topic",
  "enabled_by_default",
  "encoding",
  "entity_category",
  "icon",
  "json_attributes_template",
  "json_attributes_topic",
  "name",
  "payload_available",
  "payload_not_available",
  "platform",
  "qos",
  "unique_id",
];

export const platforms: Readonly<Record<string, KeyTable>> = {
  binary_sensor: {
    required: ["state_topic"],
    optional: [
      "device_class",
      "expire_after",
      "force_update",
      "off_delay",
      "payload_off",
      "payload_on",
      "value_template",
    ],
    deviceClasses: [
      "battery",
      "connectivity",
      "door",
      "garage_door",
      "lock",
      "motion",
      "moving",
      "occupancy",
      "opening",
      "power",
      "presence",
      "problem",
      "running",
      "safety",
      "smoke",
      "tamper",
      "vibration",
      "window",
    ],
  },
  button: {
    required: ["command_topic"],
    optional: ["command_template", "device_class", "payload_press", "retain"],
    deviceClasses: ["identify", "restart", "update"],
  },
  event: {
    required: ["state_topic", "event_types"],
    optional: ["device_class", "value_template"],
    deviceClasses: ["button", "doorbell", "motion"],
  },
  lock: {
    required: ["command_topic"],
    optional: [
      "code_format",
      "command_template",
      "optimistic",
      "payload_lock",
      "payload_open",
      "payload_reset",
      "payload_unlock",
      "retain",
      "state_jammed",
      "state_locked",
      "state_locking",
      "state_open",
      "state_opening",
      "state_topic",
      "state_unlocked",
      "state_unlocking",
      "value_template",
    ],
    deviceClasses: [],
  },
};

/** Below the prefix; discovery.py looks at no other topic. */
export const discoveryTopic = /^device\/[a-zA-Z0-9_-]+\/config$/;
