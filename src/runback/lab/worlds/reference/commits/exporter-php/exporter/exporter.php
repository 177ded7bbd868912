<?php

declare(strict_types=1);

require __DIR__ . '/settings.php';

$settings = Settings::read(__DIR__ . '/settings.properties');
echo "exporter: keeps exports for {$settings->days} days\n";
while (true) {
    sleep(60);
    echo "exporter: nothing to export\n";
}
