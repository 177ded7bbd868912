package portal.export;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

final class Settings {
    final int days;

    private Settings(Properties given) {
        days = Integer.parseInt(given.getProperty("retention"));
    }

    static Settings read(Path file) {
        Properties given = new Properties();
        try (var reader = Files.newBufferedReader(file)) {
            given.load(reader);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
        try {
            return new Settings(given);
        } catch (NumberFormatException error) {
            throw new IllegalStateException("the settings cannot be read", error);
        }
    }
}
