// SPDX-License-Identifier: GPL-2.0
/*
 * A line controller without wires, for tests only: its inputs are moved and its outputs are watched through sysfs. Cards are
 * played on Wiegand lines from a high-resolution timer in interrupt context, so that the pulses take no time from the code
 * that is tested, and depend on nobody's schedule.
 */
#include <linux/gpio/driver.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/spinlock.h>

#define LINES 32
#define PLAYERS 4
#define MAX_BITS 128
#define LOG_ENTRIES 512

static char *label = "doorsim";
module_param(label, charp, 0444);
MODULE_PARM_DESC(label, "what the controller is called");

static bool persist_gpio_outputs;
module_param(persist_gpio_outputs, bool, 0644);
MODULE_PARM_DESC(persist_gpio_outputs, "an output keeps its level when its holder is gone");

struct moved {
	u64 ns;
	u8 line;
	u8 level;
};

struct player {
	struct hrtimer timer;
	bool busy;
	bool low;
	u8 d0, d1;
	u32 pulse_us, period_us;
	u16 bits, at;
	char frame[MAX_BITS + 1];
};

static struct gpio_chip chip;
static struct platform_device *device;
static DEFINE_RAW_SPINLOCK(lock);
static u8 level[LINES];
static u8 output[LINES];
static u32 irq_type[LINES];
static bool irq_on[LINES];
static struct player players[PLAYERS];
static struct moved log[LOG_ENTRIES];
static unsigned int logged;

static void note(u8 line, u8 value)
{
	struct moved *entry = &log[logged % LOG_ENTRIES];

	entry->ns = ktime_get_ns();
	entry->line = line;
	entry->level = value;
	logged++;
}

/* From outside: what an open collector does to a line that is pulled up. */
static void move(unsigned int line, u8 value)
{
	unsigned long flags;
	bool fires = false;

	raw_spin_lock_irqsave(&lock, flags);
	if (level[line] != value) {
		u32 edge = value ? IRQ_TYPE_EDGE_RISING : IRQ_TYPE_EDGE_FALLING;

		level[line] = value;
		fires = irq_on[line] && (irq_type[line] & edge);
		note(line, value);
	}
	raw_spin_unlock_irqrestore(&lock, flags);
	if (fires) {
		local_irq_save(flags);
		generic_handle_domain_irq(chip.irq.domain, line);
		local_irq_restore(flags);
	}
}

static enum hrtimer_restart play_next(struct hrtimer *timer)
{
	struct player *one = container_of(timer, struct player, timer);
	unsigned int line = one->frame[one->at] == '1' ? one->d1 : one->d0;

	if (!one->low) {
		one->low = true;
		move(line, 0);
		hrtimer_forward_now(timer, ns_to_ktime((u64)(one->pulse_us) * NSEC_PER_USEC));
		return HRTIMER_RESTART;
	}
	one->low = false;
	move(line, 1);
	one->at++;
	if (one->at == one->bits) {
		one->busy = false;
		return HRTIMER_NORESTART;
	}
	hrtimer_forward_now(timer, ns_to_ktime((u64)(one->period_us - one->pulse_us) * NSEC_PER_USEC));
	return HRTIMER_RESTART;
}

static int chip_direction(struct gpio_chip *gc, unsigned int line)
{
	return output[line] ? GPIO_LINE_DIRECTION_OUT : GPIO_LINE_DIRECTION_IN;
}

static int chip_input(struct gpio_chip *gc, unsigned int line)
{
	output[line] = 0;
	return 0;
}

static int chip_get(struct gpio_chip *gc, unsigned int line)
{
	return level[line];
}

static void chip_set(struct gpio_chip *gc, unsigned int line, int value)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&lock, flags);
	if (level[line] != !!value)
		note(line, !!value);
	level[line] = !!value;
	raw_spin_unlock_irqrestore(&lock, flags);
}

static int chip_output(struct gpio_chip *gc, unsigned int line, int value)
{
	output[line] = 1;
	chip_set(gc, line, value);
	return 0;
}

/* A released output floats, and the relay module's own resistor takes it down. */
static void chip_free(struct gpio_chip *gc, unsigned int line)
{
	if (!output[line] || persist_gpio_outputs)
		return;
	output[line] = 0;
	chip_set(gc, line, 0);
}

static int chip_config(struct gpio_chip *gc, unsigned int line, unsigned long config)
{
	switch (pinconf_to_config_param(config)) {
	case PIN_CONFIG_BIAS_DISABLE:
	case PIN_CONFIG_BIAS_PULL_UP:
	case PIN_CONFIG_BIAS_PULL_DOWN:
		return 0;
	default:
		return -ENOTSUPP;
	}
}

static void irq_off(struct irq_data *data)
{
	irq_on[irqd_to_hwirq(data)] = false;
	gpiochip_disable_irq(&chip, irqd_to_hwirq(data));
}

static void irq_enable(struct irq_data *data)
{
	gpiochip_enable_irq(&chip, irqd_to_hwirq(data));
	irq_on[irqd_to_hwirq(data)] = true;
}

static int irq_kind(struct irq_data *data, unsigned int type)
{
	irq_type[irqd_to_hwirq(data)] = type;
	return 0;
}

static const struct irq_chip edges = {
	.name = "doorsim",
	.irq_mask = irq_off,
	.irq_unmask = irq_enable,
	.irq_set_type = irq_kind,
	.flags = IRQCHIP_IMMUTABLE,
	GPIOCHIP_IRQ_RESOURCE_HELPERS,
};

/* "<line> <0|1>" */
static ssize_t set_store(struct device *dev, struct device_attribute *attr, const char *text, size_t size)
{
	unsigned int line, value;

	if (sscanf(text, "%u %u", &line, &value) != 2 || line >= LINES || value > 1)
		return -EINVAL;
	move(line, value);
	return size;
}
static DEVICE_ATTR_WO(set);

/* Lines that are outputs, each with its level. */
static ssize_t outputs_show(struct device *dev, struct device_attribute *attr, char *text)
{
	int line, size = 0;

	for (line = 0; line < LINES; line++)
		if (output[line])
			size += sysfs_emit_at(text, size, "%d %d\n", line, level[line]);
	return size;
}
static DEVICE_ATTR_RO(outputs);

/* "<d0> <d1> <pulse_us> <period_us> <bits>"; -EBUSY while every player plays. */
static ssize_t play_store(struct device *dev, struct device_attribute *attr, const char *text, size_t size)
{
	unsigned int d0, d1, pulse, period;
	char frame[MAX_BITS + 1];
	struct player *one = NULL;
	int n;

	if (sscanf(text, "%u %u %u %u %128[01]", &d0, &d1, &pulse, &period, frame) != 5)
		return -EINVAL;
	if (d0 >= LINES || d1 >= LINES || !pulse || pulse >= period)
		return -EINVAL;
	for (n = 0; n < PLAYERS && !one; n++)
		if (!players[n].busy)
			one = &players[n];
	if (!one)
		return -EBUSY;
	one->d0 = d0;
	one->d1 = d1;
	one->pulse_us = pulse;
	one->period_us = period;
	one->at = 0;
	one->low = false;
	one->bits = strlen(frame);
	strscpy(one->frame, frame, sizeof(one->frame));
	one->busy = true;
	hrtimer_start(&one->timer, ns_to_ktime((u64)period * NSEC_PER_USEC), HRTIMER_MODE_REL_HARD);
	return size;
}
static DEVICE_ATTR_WO(play);

/* How many players play. */
static ssize_t playing_show(struct device *dev, struct device_attribute *attr, char *text)
{
	int n, busy = 0;

	for (n = 0; n < PLAYERS; n++)
		busy += players[n].busy;
	return sysfs_emit(text, "%d\n", busy);
}
static DEVICE_ATTR_RO(playing);

/* The latest moves of all lines, oldest first: "<ns> <line> <level>"; as many as fit. Writing anything forgets them. */
static ssize_t moves_show(struct device *dev, struct device_attribute *attr, char *text)
{
	unsigned int count = min_t(unsigned int, logged, 128);
	unsigned int n;
	int size = 0;

	for (n = logged - count; n != logged; n++) {
		struct moved *entry = &log[n % LOG_ENTRIES];

		size += sysfs_emit_at(text, size, "%llu %u %u\n", entry->ns, entry->line, entry->level);
	}
	return size;
}

static ssize_t moves_store(struct device *dev, struct device_attribute *attr, const char *text, size_t size)
{
	logged = 0;
	return size;
}
static DEVICE_ATTR_RW(moves);

static struct attribute *attributes[] = {
	&dev_attr_set.attr, &dev_attr_outputs.attr, &dev_attr_play.attr, &dev_attr_playing.attr, &dev_attr_moves.attr, NULL,
};
static const struct attribute_group group = { .attrs = attributes };

static int __init doorsim_init(void)
{
	struct gpio_irq_chip *irq = &chip.irq;
	int n, failed;

	device = platform_device_register_simple("doorsim", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(device))
		return PTR_ERR(device);
	memset(level, 1, sizeof(level));
	for (n = 0; n < PLAYERS; n++) {
		hrtimer_init(&players[n].timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
		players[n].timer.function = play_next;
	}
	chip.label = label;
	chip.parent = &device->dev;
	chip.owner = THIS_MODULE;
	chip.base = -1;
	chip.ngpio = LINES;
	chip.get_direction = chip_direction;
	chip.direction_input = chip_input;
	chip.direction_output = chip_output;
	chip.get = chip_get;
	chip.set = chip_set;
	chip.free = chip_free;
	chip.set_config = chip_config;
	gpio_irq_chip_set_chip(irq, &edges);
	irq->default_type = IRQ_TYPE_NONE;
	irq->handler = handle_simple_irq;
	failed = gpiochip_add_data(&chip, NULL);
	if (!failed) {
		failed = sysfs_create_group(&device->dev.kobj, &group);
		if (failed)
			gpiochip_remove(&chip);
	}
	if (failed)
		platform_device_unregister(device);
	return failed;
}

static void __exit doorsim_exit(void)
{
	int n;

	for (n = 0; n < PLAYERS; n++)
		hrtimer_cancel(&players[n].timer);
	sysfs_remove_group(&device->dev.kobj, &group);
	gpiochip_remove(&chip);
	platform_device_unregister(device);
}

module_init(doorsim_init);
module_exit(doorsim_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Line controller without wires, for tests");
