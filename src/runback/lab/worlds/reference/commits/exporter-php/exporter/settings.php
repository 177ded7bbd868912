<?php

declare(strict_types=1);

final class Settings
{
    public static function read(string $file): self
    {
        $given = [];
        foreach (file($file, FILE_IGNORE_NEW_LINES) as $line) {
            [$name, $value] = explode('=', $line, 2);
            $given[$name] = $value;
        }
        try {
            return new self(self::number($given['retention']));
        } catch (InvalidArgumentException $error) {
            throw new RuntimeException('the settings cannot be read', 0, $error);
        }
    }

    private static function number(string $text): int
    {
        $found = filter_var($text, FILTER_VALIDATE_INT);
        if ($found === false) {
            throw new InvalidArgumentException("not a number: \"$text\"");
        }
        return $found;
    }

    private function __construct(public readonly int $days)
    {
    }
}
